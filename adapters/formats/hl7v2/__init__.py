"""The HL7 v2 codec (ER7): bytes to a lazy message and back, byte-exact."""
