#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs a Python test: run.sh SCRIPT ARGS...
exec /usr/bin/python3 -B "$@"
