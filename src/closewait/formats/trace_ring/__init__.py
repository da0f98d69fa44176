"""The kernel's trace ring buffer, and in it the event `sock:inet_sock_set_state`: every TCP socket that changes state.

`trace_pipe_raw` gives pages as they lie in the kernel's memory. What lies where is told by the kernel itself, as text:

    layout.py         those texts → where each number lies
    pages.py          pages → the time and the bytes of each event, thousands at once; what was lost
    transitions.py    → the columns of a state transition, and one transition as a person names it
"""
