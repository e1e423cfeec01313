"""Other people's lists brought into the directory: read (`reader`), understood (one mapper a source), loaded.

Nothing is half imported: a file that cannot be read is refused, a row that cannot be used is
reported with its reason, and everything else is written in one transaction.
"""
