"""Telling others: metrics for those who ask, notifications for those who must know.

What is told is made elsewhere (`diagnosis/gauges.py`, `diagnosis/changes.py`, `views/`); here it goes out. Nothing here
makes a watch wait: whoever does not answer is told later, or not at all, and that is counted.
"""
