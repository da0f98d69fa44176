"""Settings of one host: which exist there, what they are, and whether they matter now, by what is counted there.

tuned = tuning(host, evidence, case)    # every setting of that system, what matters first
capacity(host, …)                       # connections per second that the ports allow, and what would change it
"""
