"""Filters: which rows of the table are wanted. What people write, as data, and the rows it keeps. Pure.

condition.py   what a filter is, as data
keys.py        the words it is written with: `state=`, `lport=`, `age>` …
values.py      what stands behind them: states, ports, addresses, times
grammar.py     whole command lines, ss's own language among them
matching.py    the rows that meet it; the only file here that needs polars
"""
