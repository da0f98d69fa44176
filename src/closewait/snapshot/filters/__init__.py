"""Filters: which rows of the table are wanted. What people write, as data, and the rows it keeps. Pure.

condition.py   what a filter is, as data
keys.py        the words it is written with: `state=`, `lport=`, `age>` …
values.py      what stands behind them: states, ports, addresses, times
grammar.py     whole command lines, ss's own language among them
texts.py       texts and addresses against what is wanted of them
matching.py    the rows of a table that meet it; the only file here that needs polars
one_row.py     whether one row does, where rows come one at a time
"""
