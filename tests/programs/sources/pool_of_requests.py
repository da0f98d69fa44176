"""A program that fetches eight pages at once through one requests.Session, and then has nothing to ask for."""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

url, connections = sys.argv[1], int(sys.argv[2])

with requests.Session() as session, ThreadPoolExecutor(connections) as threads:
    session.mount("http://", HTTPAdapter(pool_maxsize=connections))
    answers = list(threads.map(lambda _: session.get(url, stream=True), range(connections)))
    for answer in answers:
        assert answer.text == "well"  # read to its end, and so its connection is back in the pool
    signal.pause()
