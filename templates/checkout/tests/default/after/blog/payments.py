"""Payments: what checkout needs of a provider, and one that is not real."""

from abc import ABC, abstractmethod

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.utils.module_loading import import_string


class PaymentDeclined(Exception):
    """Nothing was taken, and nothing will be."""


class PaymentUnavailable(Exception):
    """Whether anything was taken is not known; to ask again tells."""


class PaymentGateway(ABC):
    """A payment provider; CHECKOUT_PAYMENT_GATEWAY names the class."""

    @abstractmethod
    def charge(self, *, reference, amount, currency, token):
        """Take `amount` from what `token` stands for.

        Return the provider's id of the payment. Raise `PaymentDeclined` if
        nothing was taken, and `PaymentUnavailable` if that is not known.

        It is called again with the same `reference` when the outcome was
        lost, by several processes at once too. The money must be taken once:
        pass `reference` on as the provider's idempotency key.
        """


class FakePaymentGateway(PaymentGateway):
    """Takes no money, and says that it did: for development and tests.

    The tokens "decline" and "unavailable" give those outcomes.
    """

    def charge(self, *, reference, amount, currency, token):
        if token == "decline":
            raise PaymentDeclined("The card was declined.")
        if token == "unavailable":
            raise PaymentUnavailable("The provider did not answer.")
        return f"fake-{reference}"


def payment_gateway():
    """The gateway that the settings name."""
    return import_string(settings.CHECKOUT_PAYMENT_GATEWAY)()


@register(Tags.security, deploy=True)
def check_payment_gateway(app_configs, **kwargs):
    """For `check --deploy`: nothing is sold for payments of no money."""
    if not issubclass(import_string(settings.CHECKOUT_PAYMENT_GATEWAY), FakePaymentGateway):
        return []
    return [
        Error(
            "Payments go to FakePaymentGateway, which takes no money.",
            hint="Name one of your own in CHECKOUT_PAYMENT_GATEWAY.",
            id="checkout.E001",
        )
    ]
