# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo accounts of both operators' SIP services."""

PASSWORD_PREFIX = "sip-"  # an account's SIP password is this and its user name
