"""What is right: issues and their catalogue, documents, profiles, terminology, structure knowledge.

Imports none of the other packages.
"""
