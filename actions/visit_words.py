"""The words by which the two kinds of visits are named."""

from __future__ import annotations

import re

DRIVE = re.compile(r"试驾|试架|试乘|试开|试駕")
SERVICE = re.compile(r"保养|保样|保養|维修|检修|换机油")
