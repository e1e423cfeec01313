"""A payer that answers 270s over HTTP, for tests and demonstrations.

It shares no code with what it tests: its own parser reads the question, so a fault in our writer cannot hide behind
the same fault in our reader. The member ID chooses what happens; `scenarios` has the list.
"""
