"""Issues for readers: OperationOutcome for FHIR clients, ERR values for HL7 v2 senders, a table for people.

What was found in the data (`Issue.found`) is left out unless asked for.
"""
