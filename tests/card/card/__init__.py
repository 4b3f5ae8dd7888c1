# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIM card of our own, in Python: it shares no code with the product that it is a test of."""
