from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from unittest import mock

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, QuerySet
from django.test import TestCase, TransactionTestCase, override_settings, skipUnlessDBFeature
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Product
from shop import payments, services
from shop.models import Basket, BasketItem, Purchase

User = get_user_model()

FAKE = "shop.payments.FakePaymentGateway"
LOW, HIGH = Decimal("9.99"), Decimal("12.01")


class RecordingGateway(payments.FakePaymentGateway):
    """Remembers what it was asked for, and never in a transaction."""

    def __init__(self):
        self.charges = []
        self.depth = len(connection.savepoint_ids)

    def charge(self, *, reference, amount, currency, token):
        assert len(connection.savepoint_ids) == self.depth, "a payment is part of a transaction"
        self.charges.append((reference, amount, currency))
        return super().charge(reference=reference, amount=amount, currency=currency, token=token)


class OwnGateway(payments.PaymentGateway):
    def charge(self, *, reference, amount, currency, token):
        return reference


class PurchaseTestData:
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.reader = User.objects.create_user("reader", "reader@example.com", "s3cret-pass")
        cls.product = cls.make_product("first")

    @classmethod
    def make_product(cls, name, price=LOW, **values):
        return Product.objects.create(**{"name": name, "price": price, **values})

    def fill(self, quantity=1, **values):
        return services.add_to_cart(self.user, values.get("product", self.product), quantity)


class PurchaseTests(PurchaseTestData, TestCase):
    def setUp(self):
        self.gateway = RecordingGateway()
        patch = mock.patch.object(services, "payment_gateway", return_value=self.gateway)
        patch.start()
        self.addCleanup(patch.stop)

    def submit(self, key="key", token=""):
        return services.submit(self.user, key, token)[0]

    def quantities(self):
        return list(
            BasketItem.objects.filter(cart__user=self.user).values_list("quantity", flat=True)
        )

    def test_an_order_keeps_the_name_and_the_price_of_its_day(self):
        self.fill(2)
        name = self.product.name
        order = self.submit()
        Product.objects.update(price=HIGH, name="Other")
        line = order.items.get()
        self.assertEqual((line.product_name, line.unit_price, line.quantity), (name, LOW, 2))
        self.assertEqual((order.total, order.status), (2 * LOW, services.PAID))
        Product._base_manager.filter(pk=self.product.pk).delete()
        line.refresh_from_db()
        self.assertEqual((line.product, line.product_name), (None, name))

    def test_the_total_is_that_of_the_lines(self):
        self.fill(2)
        self.fill(3, product=self.make_product("second", HIGH))
        order = self.submit()
        self.assertEqual(order.total, 2 * LOW + 3 * HIGH)
        self.assertEqual([charge[1] for charge in self.gateway.charges], [order.total])

    def test_half_a_cent_is_rounded_up_in_each_line(self):
        for price, quantity, expected in [
            ("0.125", 1, "0.13"),
            ("0.124", 1, "0.12"),
            ("0.125", 3, "0.38"),
        ]:
            with self.subTest(price=price, quantity=quantity):
                self.assertEqual(services.line_total(Decimal(price), quantity), Decimal(expected))

    def test_a_retry_gives_the_same_order(self):
        self.fill()
        order, created = services.submit(self.user, "key")
        again, created_again = services.submit(self.user, "key")
        self.assertEqual((again, created, created_again), (order, True, False))
        self.assertEqual(len(self.gateway.charges), 1)
        self.fill()
        self.assertNotEqual(self.submit("other"), order)

    def test_two_clicks_at_once_make_one_order(self):
        self.fill()
        lock, clicks = QuerySet.select_for_update, []

        def after_another_click(queryset, *args, **kwargs):
            if queryset.model is Basket and not clicks:
                clicks.append(None)
                clicks[0], _ = services.place_order(self.user, "key")
            return lock(queryset, *args, **kwargs)

        with mock.patch.object(QuerySet, "select_for_update", after_another_click):
            order = self.submit()
        self.assertEqual((clicks, Purchase.objects.count()), ([order], 1))

    def test_what_was_ordered_leaves_the_cart(self):
        item = self.fill(2)
        self.submit()
        self.assertEqual(self.quantities(), [])
        with self.assertRaises(services.CheckoutError):
            services.change_quantity(self.user, item, 3)
        self.assertEqual(self.quantities(), [])

    def test_an_empty_cart_is_not_ordered(self):
        with self.assertRaises(services.CheckoutError):
            self.submit()
        self.assertFalse(Purchase.objects.exists())

    def test_more_of_the_same_is_one_item(self):
        self.fill(2)
        self.fill(3)
        self.assertEqual(self.quantities(), [5])
        with self.assertRaises(services.CheckoutError):
            self.fill(services.MAX_QUANTITY)
        self.assertEqual(self.quantities(), [5])

    def test_a_declined_payment_gives_everything_back(self):
        self.fill(2)
        order = self.submit(token="decline")
        self.assertEqual((order.status, self.quantities()), (services.DECLINED, [2]))
        self.assertEqual(self.submit(token="good").status, services.DECLINED)
        self.assertEqual(self.submit("other", "good").status, services.PAID)
        self.assertEqual(len(self.gateway.charges), 2)

    def test_items_that_come_back_join_those_in_the_cart(self):
        self.fill(2)
        with self.assertLogs(services.logger):
            order = self.submit(token="unavailable")
        self.fill(1)
        self.assertEqual(self.submit(token="decline"), order)
        self.assertEqual(self.quantities(), [3])

    def test_a_payment_without_an_outcome_is_settled_by_a_retry(self):
        self.fill(2)
        with self.assertLogs(services.logger):
            order = self.submit(token="unavailable")
        self.assertEqual((order.status, self.quantities()), (services.PENDING, []))
        again = self.submit(token="good")
        self.assertEqual((again, again.status), (order, services.PAID))
        references = {reference for reference, _, _ in self.gateway.charges}
        self.assertEqual((len(self.gateway.charges), len(references)), (2, 1))
        self.assertTrue(again.payment_reference)

    def test_an_order_is_settled_once(self):
        self.fill(2)
        order = self.submit()
        self.assertFalse(services.settle(order, services.DECLINED))
        services.take_back(order)
        order.refresh_from_db()
        self.assertEqual((order.status, self.quantities()), (services.PAID, []))

    def test_an_order_is_placed_as_a_whole(self):
        self.fill(2)
        broken = mock.patch.object(QuerySet, "bulk_create", side_effect=IntegrityError)
        with broken, self.assertRaises(IntegrityError):
            self.submit()
        self.assertFalse(Purchase.objects.exists())
        self.assertEqual(self.quantities(), [2])

    def test_what_costs_nothing_is_not_charged(self):
        self.fill()
        Product.objects.update(price=0)
        self.assertEqual((self.submit().status, self.gateway.charges), (services.PAID, []))

    def test_the_database_keeps_one_order_a_key(self):
        self.fill()
        self.submit()
        with self.assertRaises(IntegrityError), transaction.atomic():
            Purchase.objects.create(user=self.user, idempotency_key="key", total=0, currency="USD")

    def test_users_who_ordered_cannot_be_deleted(self):
        self.fill()
        self.submit()
        with self.assertRaises(ProtectedError):
            self.user.delete()

    def test_the_settings_name_the_gateway(self):
        for path, expected, errors in [
            (FAKE, payments.FakePaymentGateway, 1),
            (f"{__name__}.OwnGateway", OwnGateway, 0),
        ]:
            with self.subTest(path), override_settings(CHECKOUT_PAYMENT_GATEWAY=path):
                self.assertIs(type(payments.payment_gateway()), expected)
                self.assertEqual(len(payments.check_payment_gateway(None)), errors)

    def test_orders_are_only_looked_at_in_the_admin_site(self):
        # A user who may do everything.
        request = mock.Mock()
        request.user.has_perm.return_value = True
        page = admin.site._registry[Purchase]
        self.assertTrue(page.has_view_permission(request))
        for may in [
            page.has_add_permission,
            page.has_change_permission,
            page.has_delete_permission,
        ]:
            self.assertFalse(may(request))


@override_settings(CHECKOUT_PAYMENT_GATEWAY=FAKE)
@skipUnlessDBFeature("has_select_for_update")
class PurchaseRaceTests(PurchaseTestData, TransactionTestCase):
    """Several clients at once, where the database can lock rows."""

    def setUp(self):
        self.setUpTestData()

    def at_once(self, *submits):
        """What each of `submits`, a user and a key, gives: order or None."""

        def order(submit):
            try:
                return services.submit(*submit)[0]
            except services.CheckoutError:
                return None
            finally:
                connection.close()

        with ThreadPoolExecutor(len(submits)) as pool:
            return list(pool.map(order, submits))

    def test_two_clicks_make_one_order(self):
        self.fill()
        one, other = self.at_once((self.user, "key"), (self.user, "key"))
        self.assertEqual(one, other)
        self.assertEqual(Purchase.objects.count(), 1)


@override_settings(CHECKOUT_PAYMENT_GATEWAY=FAKE)
class PurchaseAPITests(PurchaseTestData, APITestCase):
    def setUp(self):
        self.client.force_authenticate(self.user)

    def add(self, quantity=1, **changes):
        data = {"product": self.product.pk, "quantity": quantity, **changes}
        return self.client.post(reverse("basketitem-list"), data)

    def checkout(self, key="key", **data):
        return self.client.post(reverse("basket-checkout"), data, headers={"Idempotency-Key": key})

    def cart(self):
        response = self.client.get(reverse("basket-list"))
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        return response.data

    def test_a_cart_is_filled_changed_and_emptied(self):
        self.assertEqual(self.cart(), {"items": [], "total": "0.00"})
        response = self.add(2, unit_price="0.01")
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        self.assertEqual(
            (Decimal(response.data["unit_price"]), Decimal(response.data["total"])), (LOW, 2 * LOW)
        )
        url = reverse("basketitem-detail", args=[response.data["id"]])
        response = self.client.patch(url, {"quantity": 3})
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertEqual([item["quantity"] for item in self.cart()["items"]], [3])
        self.assertEqual(Decimal(self.cart()["total"]), 3 * LOW)
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertEqual(self.cart()["items"], [])

    def test_impossible_items_are_rejected(self):
        for changes in [
            {"quantity": 0},
            {"quantity": -1},
            {"quantity": "many"},
            {"quantity": services.MAX_QUANTITY + 1},
            {"product": ""},
        ]:
            with self.subTest(changes):
                self.assertEqual(self.add(**changes).status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(BasketItem.objects.exists())
        self.add(services.MAX_QUANTITY)
        self.assertEqual(self.add().status_code, status.HTTP_409_CONFLICT)

    def test_an_item_stays_what_it_is(self):
        other = self.make_product("second")
        url = reverse("basketitem-detail", args=[self.add().data["id"]])
        response = self.client.patch(url, {"product": other.pk})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        self.assertEqual(BasketItem.objects.get().product, self.product)

    def test_a_checkout_needs_a_key(self):
        self.add()
        for key in ["", "x" * 256]:
            self.assertEqual(self.checkout(key).status_code, status.HTTP_400_BAD_REQUEST)
        self.assertFalse(Purchase.objects.exists())

    def test_a_checkout_that_is_sent_again_gives_the_same_order(self):
        self.add(2)
        response = self.checkout()
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        self.assertEqual(
            (response.data["status"], Decimal(response.data["total"])), (services.PAID, 2 * LOW)
        )
        again = self.checkout()
        self.assertEqual(
            (again.status_code, again.data["id"]), (status.HTTP_200_OK, response.data["id"])
        )
        self.assertEqual(Purchase.objects.count(), 1)

    def test_what_cannot_be_ordered_is_a_conflict(self):
        response = self.checkout()
        self.assertEqual(response.status_code, status.HTTP_409_CONFLICT)
        self.assertIn("empty", response.data["detail"])

    def test_payments_that_do_not_succeed(self):
        self.add()
        self.assertEqual(
            self.checkout("a", payment_token="decline").status_code,
            status.HTTP_402_PAYMENT_REQUIRED,
        )
        with self.assertLogs(services.logger):
            response = self.checkout("b", payment_token="unavailable")
        self.assertEqual(response.status_code, status.HTTP_202_ACCEPTED)
        self.assertEqual(self.checkout("b").status_code, status.HTTP_200_OK)

    def test_orders_are_read_only(self):
        self.add()
        url = reverse("purchase-detail", args=[self.checkout().data["id"]])
        self.assertEqual(self.client.get(url).data["items"][0]["product"], self.product.pk)
        for response in [
            self.client.patch(url, {"status": "pending"}),
            self.client.delete(url),
            self.client.post(reverse("purchase-list"), {}),
        ]:
            self.assertEqual(response.status_code, status.HTTP_405_METHOD_NOT_ALLOWED)

    def test_an_order_does_not_follow_the_price(self):
        self.add()
        url = reverse("purchase-detail", args=[self.checkout().data["id"]])
        Product.objects.update(price=HIGH)
        data = self.client.get(url).data
        self.assertEqual(
            (Decimal(data["items"][0]["unit_price"]), Decimal(data["total"])), (LOW, LOW)
        )

    def test_orders_by_status(self):
        self.add()
        self.checkout()
        for value, expected in [(services.PAID, 1), (services.DECLINED, 0)]:
            response = self.client.get(reverse("purchase-list"), {"status": value})
            self.assertEqual(len(response.data["results"]), expected)

    def test_carts_and_orders_of_others_are_not_there(self):
        self.add()
        order = reverse("purchase-detail", args=[self.checkout().data["id"]])
        self.add()
        self.client.force_authenticate(self.reader)
        self.assertEqual(self.cart()["items"], [])
        item = reverse("basketitem-detail", args=[BasketItem.objects.get().pk])
        for response in [
            self.client.get(order),
            self.client.patch(item, {"quantity": 2}),
            self.client.delete(item),
        ]:
            self.assertEqual(response.status_code, status.HTTP_404_NOT_FOUND)
        response = self.client.get(reverse("purchase-list"))
        self.assertEqual(list(response.data["results"]), [])
        self.assertEqual(self.checkout().status_code, status.HTTP_409_CONFLICT)
        self.assertEqual(BasketItem.objects.get().quantity, 1)

    def test_clients_who_are_not_logged_in_have_no_cart(self):
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        for name in ["basket-list", "purchase-list"]:
            self.assertIn(self.client.get(reverse(name)).status_code, refused)
        for response in [self.add(), self.checkout()]:
            self.assertIn(response.status_code, refused)
        self.assertFalse(Basket.objects.exists())

    def queries(self, name):
        with CaptureQueriesContext(connection) as captured:
            self.assertEqual(self.client.get(reverse(name)).status_code, status.HTTP_200_OK)
        return len(captured)

    def test_the_number_of_queries_does_not_grow(self):
        self.add()
        cart = self.queries("basket-list")
        self.checkout("first")
        orders = self.queries("purchase-list")
        for name in ["second", "third"]:
            self.add(product=self.make_product(name).pk)
        self.assertEqual(self.queries("basket-list"), cart)
        self.checkout("second")
        self.assertEqual(self.queries("purchase-list"), orders)
