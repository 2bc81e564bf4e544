"""The addresses of the stand-alone simulator: everything at the root, and what to say when nothing is there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path, reverse
from django.views.decorators.csrf import csrf_exempt

from paytm_kit.masking import one_line
from paytm_kit.simulator import door


@door.api()
def not_found(request: HttpRequest, exception: Exception | None = None) -> door.Answer:
    """Paytm's error JSON for an address that does not exist."""
    return door.Answer(door.refuse_api(request, 404, "No such path"), verdict=f"no such path: {one_line(request.path)}")


@door.api()
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return door.refuse_api(request, 400, "The request could not be read.")


@csrf_exempt
def server_error(request: HttpRequest) -> HttpResponse:
    """Django has logged the stack trace by now."""
    return door.refuse_api(request, 500, "The simulator made a mistake of its own; its log has the details.")


@door.page("GET")
def front(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("paytm_simulator:overview"))


urlpatterns = [
    path("", front),
    path("", include("paytm_kit.simulator.urls")),
    path("", include("paytm_kit.standins.urls")),
]

handler400 = bad_request
handler404 = not_found
handler500 = server_error
