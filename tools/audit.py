"""Asks whether a release in the lock files has a known vulnerability: `make audit`.

`pip-audit` asks a service on the internet. Where that cannot be reached nothing is known, which is
said, and is no failure: exit code 1 is for vulnerabilities alone.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-app.lock")
TIME_LIMIT_S = 300


def main() -> int:
    """Audit each lock file; answers the exit code."""
    return max(audit(ROOT / name) for name in LOCKS)


def audit(lock: Path) -> int:
    """Print what is known of a lock file; 1 where a release in it has a vulnerability."""
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--format=json"),
                *("--disable-pip", "--require-hashes", f"--requirement={lock}"),
            ],
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        found = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        print(f"{lock.name}: the audit could not run: no answer within {TIME_LIMIT_S} s")
        return 0
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        print(f"{lock.name}: the audit could not run: {last[:300]}")
        return 0
    hit = [one for one in found if one.get("vulns")]
    for one in hit:
        names = ", ".join(sorted(vulnerability["id"] for vulnerability in one["vulns"]))
        print(f"{lock.name}: {one['name']} {one['version']}: {names}")
    print(f"{lock.name}: {len(found)} releases asked for, {len(hit)} with a known vulnerability")
    return 1 if hit else 0


if __name__ == "__main__":
    sys.exit(main())
