"""Rules of resources whose content speaks of definitions: code systems, value sets, profiles, questionnaires,
measures.
"""
