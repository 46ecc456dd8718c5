#!/usr/bin/env python3
"""The house rules of ARCHITECTURE.md, checked: reads every #include and fails on one that climbs."""
import pathlib
import re
import sys

ROOMS = {  # folder: folders it may include besides itself
    "engine/base": [],
    "engine/num": ["engine/base"],
    "engine/store": ["engine/base"],
    "datasets": ["engine/base", "engine/num", "engine/store"],
    "features": ["engine/base", "engine/num", "engine/store"],
    "models/measure": ["engine/base", "engine/num"],
    "models/score": ["engine/base", "engine/num", "models/measure"],
    "models/survive": ["engine/base", "engine/num", "models/measure", "models/score"],
    "models/series": ["engine/base", "engine/num", "models/measure", "models/score"],
    "models/respond": ["engine/base", "engine/num", "models/measure"],
    # the requests of the jobs are declared once, in the public header, which itself needs base only
    "engine/jobs": ["engine/base", "engine/num", "engine/store", "datasets", "features", "models",
                    "engine/foresell.h"],
    "engine/cli": ["engine/foresell.h"],
    "engine/serve": ["engine/foresell.h"],
    "engine": ["engine/base", "engine/jobs", "engine/foresell.h"],
}
OWNERS = {  # a library's header: the one room that may include it
    r"cblas\.h|lapacke\.h|nlopt\.h": "engine/num",
    r"sqlite3\.h": "engine/store",
    r"jansson\.h|zstd\.h": "engine/base",
    r"libsvm/svm\.h|svm\.h": "models/score",
    r"csv\.h|ini\.h": "datasets",
}
CLOCKS = re.compile(r"\bfore_clock_now\b|\bgettimeofday\b|\bclock_gettime\b|\btime\(NULL\)")


def room_of(path):
    parts = path.parts
    for depth in (2, 1):
        name = "/".join(parts[:depth])
        if len(parts) > depth and name in ROOMS:
            return name
    return None


def main():
    top = pathlib.Path(sys.argv[1])
    complaints, checked, names = [], 0, {}
    for folder in ("engine", "models", "features", "datasets"):
        for file in sorted((top / folder).rglob("*.[ch]")):
            path = file.relative_to(top)
            room = room_of(path)
            if room is None:
                complaints.append(f"{path}: lies in no room of the house")
                continue
            if path.name in names:
                complaints.append(f"{path}: the name is taken by {names[path.name]}")
            names[path.name] = path
            text = file.read_text(encoding="utf-8")
            for number, line in enumerate(text.splitlines(), 1):
                local = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                system = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
                checked += bool(local or system)
                if local and local.group(1) not in ("schema_sql.h", "learned_weights.h"):
                    target = local.group(1)
                    allowed = [room, *ROOMS[room]]
                    if not any(target == a or target.startswith(a + "/") for a in allowed):
                        complaints.append(f"{path}:{number}: {room} may not include {target}")
                if system:
                    for pattern, owner in OWNERS.items():
                        if re.fullmatch(pattern, system.group(1)) and room != owner:
                            complaints.append(
                                f"{path}:{number}: only {owner} may include <{system.group(1)}>")
            if room not in ("engine/base", "engine/cli", "engine/serve") and CLOCKS.search(text):
                complaints.append(f"{path}: reads a clock; take the moment as an argument")
    for complaint in complaints:
        print(complaint)
    print(f"{checked} includes checked, {len(complaints)} complaints")
    return 1 if complaints or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
