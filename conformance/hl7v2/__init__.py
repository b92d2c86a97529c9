"""What HL7 v2 says of its own structure: message structures, segments, data types, tables and names, per version."""
