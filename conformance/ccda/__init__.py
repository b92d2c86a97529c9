"""What C-CDA asks of a document: element order, data types, templates, sections of each document type."""
