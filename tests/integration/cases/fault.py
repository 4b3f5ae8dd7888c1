# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a case a fault.* test: after it, nothing may have been blocked, ended or given twice (badday.settled)."""

import functools
import json
import os

from cases import case
from world import badday


def fault(name, **options):
    """As case(), for 'fault.NAME'."""
    def register(function):
        @functools.wraps(function)
        def body(world):
            function(world)
            badday.settled(world)
            with open(os.path.join(world.folder, "told.json"), "w", encoding="utf-8") as out:  # for tests/net/table
                json.dump(badday.said, out)
        case(f"fault.{name}", **options)(body)
        return function
    return register
