from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from unittest import mock

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, QuerySet
from django.test import TestCase, TransactionTestCase, override_settings, skipUnlessDBFeature

from blog import payments, services
from blog.models import Cart, CartItem, Order, Product

User = get_user_model()

FAKE = "blog.payments.FakePaymentGateway"
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


class OrderTestData:
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.reader = User.objects.create_user("reader", "reader@example.com", "s3cret-pass")
        cls.product = cls.make_product("first")

    @classmethod
    def make_product(cls, name, price=LOW, **values):
        return Product.objects.create(**{"name": name, "price": price, "stock": 5, **values})

    def fill(self, quantity=1, **values):
        return services.add_to_cart(self.user, values.get("product", self.product), quantity)


class OrderTests(OrderTestData, TestCase):
    def setUp(self):
        self.gateway = RecordingGateway()
        patch = mock.patch.object(services, "payment_gateway", return_value=self.gateway)
        patch.start()
        self.addCleanup(patch.stop)

    def submit(self, key="key", token=""):
        return services.submit(self.user, key, token)[0]

    def quantities(self):
        return list(
            CartItem.objects.filter(cart__user=self.user).values_list("quantity", flat=True)
        )

    def assert_stock(self, expected):
        self.product.refresh_from_db()
        self.assertEqual(self.product.stock, expected)

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
            if queryset.model is Cart and not clicks:
                clicks.append(None)
                clicks[0], _ = services.place_order(self.user, "key")
            return lock(queryset, *args, **kwargs)

        with mock.patch.object(QuerySet, "select_for_update", after_another_click):
            order = self.submit()
        self.assertEqual((clicks, Order.objects.count()), ([order], 1))

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
        self.assertFalse(Order.objects.exists())

    def test_more_of_the_same_is_one_item(self):
        self.fill(2)
        self.fill(3)
        self.assertEqual(self.quantities(), [5])
        with self.assertRaises(services.CheckoutError):
            self.fill(services.MAX_QUANTITY)
        self.assertEqual(self.quantities(), [5])

    def test_an_order_takes_from_the_stock(self):
        self.fill(5)
        self.submit()
        self.assert_stock(0)

    def test_more_than_the_stock_is_refused_as_a_whole(self):
        second = self.make_product("second")
        self.fill(1, product=second)
        self.fill(6)
        with self.assertRaises(services.CheckoutError):
            self.submit()
        self.assert_stock(5)
        second.refresh_from_db()
        self.assertEqual((second.stock, sorted(self.quantities())), (5, [1, 6]))
        self.assertEqual((Order.objects.count(), self.gateway.charges), (0, []))

    def test_stock_that_goes_at_the_last_moment_is_not_sold(self):
        self.fill(5)
        lock = QuerySet.select_for_update

        def sold_before_the_lock(queryset, *args, **kwargs):
            if queryset.model is Product:
                Product.objects.update(stock=1)
            return lock(queryset, *args, **kwargs)

        with mock.patch.object(QuerySet, "select_for_update", sold_before_the_lock):
            with self.assertRaises(services.CheckoutError):
                self.submit()
        self.assertFalse(Order.objects.exists())

    def test_a_declined_payment_gives_everything_back(self):
        self.fill(2)
        order = self.submit(token="decline")
        self.assertEqual((order.status, self.quantities()), (services.DECLINED, [2]))
        self.assert_stock(5)
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
        self.assert_stock(3)
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
        self.assert_stock(3)

    def test_an_order_is_placed_as_a_whole(self):
        self.fill(2)
        broken = mock.patch.object(QuerySet, "bulk_create", side_effect=IntegrityError)
        with broken, self.assertRaises(IntegrityError):
            self.submit()
        self.assertFalse(Order.objects.exists())
        self.assertEqual(self.quantities(), [2])

    def test_what_costs_nothing_is_not_charged(self):
        self.fill()
        Product.objects.update(price=0)
        self.assertEqual((self.submit().status, self.gateway.charges), (services.PAID, []))

    def test_the_database_keeps_one_order_a_key(self):
        self.fill()
        self.submit()
        with self.assertRaises(IntegrityError), transaction.atomic():
            Order.objects.create(user=self.user, idempotency_key="key", total=0, currency="USD")

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


@override_settings(CHECKOUT_PAYMENT_GATEWAY=FAKE)
@skipUnlessDBFeature("has_select_for_update")
class OrderRaceTests(OrderTestData, TransactionTestCase):
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
        self.assertEqual(Order.objects.count(), 1)

    def test_the_last_one_is_sold_once(self):
        Product.objects.update(stock=1)
        for user in (self.user, self.reader):
            services.add_to_cart(user, self.product, 1)
        orders = self.at_once((self.user, "key"), (self.reader, "key"))
        self.assertEqual(orders.count(None), 1)
        self.product.refresh_from_db()
        self.assertEqual(self.product.stock, 0)
