"""For load balancers and monitoring: the status for everybody, the reasons for staff."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from paytm_kit.api import health, shapes
from paytm_kit.api.base import ApiView, may
from paytm_kit.api.documented import answers, described


class Health(ApiView):
    throttle_scope = None

    @described(
        operation_id="get_health",
        summary="Whether the shop can take money",
        description="200 with ok or degraded, 503 with down. Asks the database, no gateway. Reasons are for staff.",
        responses={**answers({200: shapes.HealthOut}), (503, "application/json"): shapes.HealthOut},
    )
    def get(self, request: Request) -> Response:
        checks = health.examine()
        status = health.worst(checks)
        staff = "database" in checks and checks["database"].level != health.DOWN and may(request, "view_payment")
        found = {
            "status": status,
            "checks": {name: check.level for name, check in checks.items()},
            "details": [detail for check in checks.values() for detail in check.details] if staff else [],
        }
        return Response(shapes.HealthOut(found).data, status=503 if status == health.DOWN else 200)
