"""Targets: other systems that the contacts of a Pling account are copied to; planned first, and nothing is deleted.

`plan(pling, ip1(client))` compares and sends nothing; `apply(pling, plan, ip1(client))` yields one outcome a person.
"""

from pling_async.targets.apply import apply
from pling_async.targets.base import Target
from pling_async.targets.frontapp import frontapp
from pling_async.targets.ip1 import ip1
from pling_async.targets.matching import CopyAction
from pling_async.targets.plan import CopyPlan, plan

__all__ = ["CopyAction", "CopyPlan", "Target", "apply", "frontapp", "ip1", "plan"]
