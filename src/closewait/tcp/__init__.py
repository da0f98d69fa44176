"""What TCP says: its states, the arrows between them, how each tool spells them, and the clocks that end them.

Facts only, as tables, each with the source it can be checked against. Nothing here knows a socket table, a rule or a
machine. Begin with `states.py`.
"""
