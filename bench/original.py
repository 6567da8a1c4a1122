"""The algorithm of the original, written afresh from its description: one request after the other.

Usage: python3 original.py DATABASE BUILDERMAP
DATABASE is an SQLite file; BUILDERMAP is a JSON file with instance types by pattern.
Prints the seconds from the query to the counts, and the number of mapped requests.
"""

import json
import re
import sqlite3
import sys
import time
from collections import defaultdict


def count(connection, builder_map):
    pending = connection.execute(
        "SELECT buildername, id FROM buildrequests WHERE complete=0 AND claimed_at=0"
    ).fetchall()
    to_create = defaultdict(int)
    for builder, _ in pending:
        for pattern, instance_type in builder_map.items():
            if re.match(pattern, builder):
                to_create[instance_type, None] += 1
                break
    return to_create


with open(sys.argv[2], encoding="utf-8") as file:
    patterns = json.load(file)
database = sqlite3.connect(sys.argv[1])
start = time.perf_counter()
counts = count(database, patterns)
print(json.dumps({"seconds": time.perf_counter() - start, "requests": sum(counts.values())}))
