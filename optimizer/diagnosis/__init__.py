"""Why an instance has no plan, in a planner's terms, and the cheapest repair, proven by a plan of the repaired one."""

from optimizer.diagnosis.given_up import GivenUp
from optimizer.diagnosis.result import Diagnosis, Reason
from optimizer.diagnosis.whole import diagnose

__all__ = ["Diagnosis", "GivenUp", "Reason", "diagnose"]
