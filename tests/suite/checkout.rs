//! Checkout: what is generated passes every gate, beside other features, and its tests bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};

const PRODUCT: &str = "Create a Product model with name, price and stock";
const CHECKOUT: &str = "Add a checkout for products";

#[test]
fn a_checkout_passes_every_gate_and_is_taken_back() {
    let test = "a_checkout_passes_every_gate_and_is_taken_back";
    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &[PRODUCT]);
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &[CHECKOUT]);
    passes(&project);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let landed = project.head();
    for again in [CHECKOUT, "Add checkout flow", "Add a shopping cart and checkout"] {
        let again = project.aksara(AKSARA, &["ai", "plan", again, "--execute", "--yes"]).expect(0);
        assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    }
    assert_eq!(project.head(), landed);
    // What `check --deploy` says of a project that sells for nothing.
    let output = project.python(&["manage.py", "check", "--deploy", "--tag", "security"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("checkout.E001"), "{text}");
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
}

#[test]
fn a_project_without_products_gets_them_first() {
    let Some(project) = Project::django_blog("a_project_without_products_gets_them_first") else { return };
    let plan = project.aksara(AKSARA, &["ai", "plan", "Add a complete e-commerce checkout flow", "--json"]);
    let plan = plan.expect(0).json();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(steps[0]["params"]["model"], "blog.Product");
    let fields: Vec<&str> = steps[0]["params"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    assert_eq!(fields[..3], ["name", "price", "stock"]);
    assert!(plan["warnings"].to_string().contains("The project has no model Product"), "{plan}");
    let refused = project.aksara(AKSARA, &["ai", "plan", "Add checkout flow", "--no-create"]).expect(2);
    assert!(refused.stderr.contains("has no model with a decimal field"), "{}", refused.stderr);
    carried_out(&project, &["Add a complete e-commerce checkout flow"]);
    passes(&project);
}

/// Neither the products nor the app that is to have them are there.
#[test]
fn products_in_an_app_that_is_not_there() {
    let Some(project) = Project::django_blog("products_in_an_app_that_is_not_there") else { return };
    let request = [CHECKOUT, "--set", "app=shop"];
    let plan =
        project.aksara(AKSARA, &[&["ai", "plan"], &request[..], &["--json"]].concat()).expect(0).json();
    assert_eq!(plan["steps"][0]["type"], "create_app");
    assert_eq!(plan["steps"][1]["params"]["model"], "shop.Product");
    assert!(plan["warnings"].to_string().contains("The project has no app shop"), "{plan}");
    carried_out(&project, &request);
    passes(&project);
    let again = [&["ai", "plan"], &request[..], &["--execute", "--yes"]].concat();
    let again = project.aksara(AKSARA, &again).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
}

#[test]
fn a_checkout_before_and_after_other_features_passes_every_gate() {
    let test = "a_checkout_before_and_after_other_features_passes_every_gate";
    let Some(project) = Project::django_blog(test) else { return };
    let others = ["Add tagging to products", "Add comments to products", "Add ratings to products"];
    for request in [PRODUCT, CHECKOUT, others[0], others[1], others[2]] {
        carried_out(&project, &[request]);
    }
    passes(&project);

    let Some(project) = Project::django_blog(test) else { return };
    for request in [PRODUCT, others[2], others[1], others[0], CHECKOUT, "Add tagging to posts"] {
        carried_out(&project, &[request]);
    }
    passes(&project);
}

#[test]
fn projects_that_keep_things_otherwise_get_what_fits_them() {
    let test = "projects_that_keep_things_otherwise_get_what_fits_them";
    // Prices of less than a cent, a switch for what is sold, a number of pieces by another name, an app of its own.
    let Some(project) = Project::django_blog(test) else { return };
    let fields = "title unique,list_price:decimal(12,4),pieces:positive_integer,is_available";
    carried_out(
        &project,
        &["--template", "crud_feature", "--set", "model_name=Ware", "--set", &format!("fields={fields}")],
    );
    let request = ["Add a checkout for wares", "--set", "stock_field=pieces", "--set", "app=shop"];
    carried_out(
        &project,
        &[&request[..], &["--set", "currency=EUR", "--set", "order_model=Purchase"]].concat(),
    );
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let services = project.read("shop/services.py");
    assert!(services.contains("from blog.models import Ware\n"), "{services}");
    assert!(services.contains("ware.pieces -= item.quantity"), "{services}");
    assert!(project.read("shop/models.py").contains("class Purchase(models.Model)"));
    assert!(project.read("config/settings.py").contains("CHECKOUT_CURRENCY = 'EUR'"));

    // No stock, and what is not wanted left out.
    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &["Create a Course model with title and price"]);
    carried_out(&project, &["Add a checkout for courses without api and admin"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(!project.read("blog/services.py").contains("stock"));
    assert!(!project.read("blog/views.py").contains("Cart"));

    // Stock that the request asks for.
    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &["Create a Course model with title and price"]);
    carried_out(&project, &["Add a checkout with stock for courses"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(
        project
            .read("blog/models.py")
            .contains("stock = models.PositiveIntegerField(default=0, validators=[MinValueValidator(0)])")
    );
}

/// Rows that are not for sale, and a project whose views do not filter by themselves.
#[test]
fn what_has_no_price_or_is_not_published_is_not_sold() {
    let Some(project) = Project::django_blog("what_has_no_price_or_is_not_published_is_not_sold") else {
        return;
    };
    let settings = project.read("config/settings.py");
    let backend = "        'django_filters.rest_framework.DjangoFilterBackend',\n";
    project.write("config/settings.py", settings.replace(backend, ""));
    project.commit("Views filter where they say so");
    let fields = "name,price?:decimal(10,2),stock?:positive_integer,is_published:boolean,is_active:boolean";
    carried_out(
        &project,
        &["--template", "crud_feature", "--set", "model_name=Product", "--set", &format!("fields={fields}")],
    );
    let run = project.aksara(AKSARA, &["ai", "plan", CHECKOUT, "--execute", "--yes"]).expect(0);
    for line in [
        "Only products whose is_published and is_active are set can be ordered",
        "Products without price are not for sale",
        "Of products whose stock is empty, none are left",
    ] {
        assert!(run.stderr.contains(line), "{line}: {}", run.stderr);
    }
    let tests = project.read("blog/tests/test_checkout.py");
    for about in ["by_its_is_published", "by_its_is_active", "by_its_price", "lost_its_price", "by_status"] {
        assert!(tests.contains(about), "{about}: {tests}");
    }
    let output = project.python(&["manage.py", "test", "--no-input", "blog.tests.test_checkout"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path = "blog/services.py";
    for (old, new) in [("product.is_published and ", ""), (" and product.price is not None", "")] {
        let good = project.read(path);
        assert!(good.contains(old), "`{old}` is not in {path}:\n{good}");
        project.write(path, good.replacen(old, new, 1));
        let output = project.python(&["manage.py", "test", "--no-input", "blog.tests.test_checkout"]);
        assert!(!output.status.success(), "without `{old}` nothing was caught");
        project.write(path, good);
    }
}

#[test]
fn what_cannot_be_sold_is_refused() {
    let Some(project) = Project::django_blog("what_cannot_be_sold_is_refused") else { return };
    let refused = |args: &[&str]| project.aksara(AKSARA, &[&["ai", "plan"], args].concat()).expect(2).stderr;
    assert!(refused(&["Add a checkout for posts"]).contains("has no decimal field that could be its price"));
    carried_out(
        &project,
        &["Create a Room model with name, day_rate:decimal(8,2) and week_rate:decimal(8,2)"],
    );
    let text = refused(&["Add a checkout for rooms"]);
    assert!(text.contains("cannot be told: day_rate and week_rate"), "{text}");
    assert!(text.contains("--set price_field=day_rate"), "{text}");
    carried_out(&project, &["Add a checkout for rooms", "--set", "price_field=day_rate"]);
    carried_out(&project, &[PRODUCT]);
    let text = refused(&[CHECKOUT]);
    assert!(text.contains("blog.CartItem is there already, and holds no product"), "{text}");
}

/// What a shop has of its own before a checkout is asked for.
const SHOP: &str = r#"

class Product(models.Model):
    name = models.CharField(max_length=80)
    price = models.DecimalField(max_digits=8, decimal_places=2)

    def __str__(self):
        return self.name
"#;

/// Orders of a project's own are named, and none are made beside them unless that is said.
#[test]
fn orders_of_the_projects_own_are_not_made_twice() {
    let Some(project) = Project::django_blog("orders_of_the_projects_own_are_not_made_twice") else { return };
    let start = project.read("blog/models.py");
    let with = |more: &str| {
        project.write("blog/models.py", format!("{start}{SHOP}{more}"));
        let made = project.python(&["manage.py", "makemigrations", "--no-input"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        project.commit("models");
    };
    let plan = |args: &[&str]| project.aksara(AKSARA, &[&["ai", "plan", CHECKOUT], args].concat());

    // Neither of these sells a product.
    with(
        "
class SortOrder(models.Model):
    position = models.IntegerField()

    def __str__(self):
        return str(self.position)


class WorkOrder(models.Model):
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    status = models.CharField(max_length=9)

    def __str__(self):
        return self.status


class Supply(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    quantity = models.IntegerField()

    def __str__(self):
        return str(self.quantity)
",
    );
    let _ = plan(&[]).expect(0);

    for (more, found, lacks) in [
        (
            "
class Basket(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Entry(models.Model):
    basket = models.ForeignKey(Basket, on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    quantity = models.IntegerField()
",
            "blog.Basket and blog.Entry",
            "",
        ),
        (
            "
class GiftOrder(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    is_paid = models.BooleanField(default=False)
    total = models.DecimalField(max_digits=8, decimal_places=2)
",
            "blog.GiftOrder",
            "Add currency and payment_reference fields to GiftOrder",
        ),
    ] {
        with(more);
        let text = plan(&[]).expect(2).stderr;
        assert!(text.contains(&format!("would make others beside them: {found}\n")), "{text}");
        assert!(text.contains("--set separate=true\n") && text.contains(lacks), "{text}");
        if !lacks.is_empty() {
            let _ = project.aksara(AKSARA, &["ai", "plan", lacks]).expect(0);
        }
    }

    // Their names are those that the checkout would give.
    with(
        "
class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name=\"orders\")
    products = models.ManyToManyField(Product)
    currency = models.CharField(max_length=3)

    def __str__(self):
        return self.currency
",
    );
    let text = plan(&[]).expect(2).stderr;
    assert!(text.contains("beside them: blog.Order\n"), "{text}");
    assert!(text.contains("Add status, total and payment_reference fields to Order"), "{text}");
    assert!(text.contains("--set separate=true --set app=checkout\n"), "{text}");
    carried_out(&project, &[CHECKOUT, "--set", "separate=true", "--set", "app=checkout"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(project.read("checkout/models.py").contains("checkout_orders"));
}

#[test]
fn the_tests_of_a_checkout_bite() {
    let Some(project) = Project::django_blog("the_tests_of_a_checkout_bite") else { return };
    carried_out(&project, &[PRODUCT]);
    carried_out(&project, &[CHECKOUT]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        ("more is sold than there is", "blog/services.py", "if product.stock < item.quantity:", "if False:"),
        (
            "the stock is read before it is locked",
            "blog/services.py",
            "Product.objects.select_for_update()",
            "Product.objects",
        ),
        (
            "two clicks are not kept apart",
            "blog/services.py",
            "Cart.objects.select_for_update()",
            "Cart.objects",
        ),
        (
            "what is paid is declined",
            "blog/services.py",
            "filter(pk=order.pk, status=PENDING)",
            "filter(pk=order.pk)",
        ),
        (
            "what is paid is given back",
            "blog/services.py",
            "    if not settle(order, DECLINED):\n        return\n",
            "    settle(order, DECLINED)\n",
        ),
        (
            "half an order stays",
            "blog/services.py",
            "@transaction.atomic\ndef place_order",
            "def place_order",
        ),
        ("the stock stays as it is", "blog/services.py", "product.stock -= item.quantity", "pass"),
        ("a retry orders again", "blog/services.py", "if order is not None:", "if False:"),
        ("half a cent is lost", "blog/services.py", "rounding=ROUND_HALF_UP", "rounding=\"ROUND_HALF_EVEN\""),
        ("the cart stays full", "blog/services.py", "    cart.items.all().delete()\n", ""),
        (
            "a declined payment keeps the stock",
            "blog/services.py",
            "stock=F(\"stock\") + line.quantity",
            "stock=F(\"stock\")",
        ),
        (
            "the payment is part of the transaction",
            "blog/services.py",
            "def submit(",
            "@transaction.atomic\ndef submit(",
        ),
        ("what costs nothing is charged", "blog/services.py", "if order.total:", "if True:"),
        (
            "each charge has a reference of its own",
            "blog/services.py",
            "order-{order.pk}",
            "{timezone.now()}",
        ),
        (
            "an item comes back",
            "blog/services.py",
            "    if not CartItem.objects.filter(pk=item.pk).update(quantity=quantity):\n        raise CheckoutError(\"The item is no longer in the cart.\")\n    item.quantity = quantity\n",
            "    item.quantity = quantity\n    item.save()\n",
        ),
        (
            "orders of others are shown",
            "blog/views.py",
            "super().get_queryset().filter(user=self.request.user)",
            "super().get_queryset()",
        ),
        (
            "carts of others are changed",
            "blog/views.py",
            "super().get_queryset().filter(cart__user=self.request.user)",
            "super().get_queryset()",
        ),
        ("no key is needed", "blog/views.py", "if not 0 < len(key) <= 255:", "if False:"),
        (
            "orders are changed",
            "blog/views.py",
            "OrderViewSet(viewsets.ReadOnlyModelViewSet)",
            "OrderViewSet(viewsets.ModelViewSet)",
        ),
        ("the cart is slow", "blog/views.py", ".prefetch_related(\"items__product\")", ".all()"),
        (
            "orders are slow",
            "blog/views.py",
            "Order.objects.prefetch_related(\"items\")",
            "Order.objects.all()",
        ),
        ("an item becomes another", "blog/serializers.py", "value != self.instance.product", "False"),
        (
            "orders follow the price",
            "blog/serializers.py",
            "fields = [\"id\", \"product\", \"product_name\", \"unit_price\", \"quantity\", \"total\"]\n\n    def get_total(self, line)",
            "fields = [\"id\", \"product\", \"product_name\", \"unit_price\", \"quantity\", \"total\"]\n\n    unit_price = serializers.CharField(source=\"product.price\")\n\n    def get_total(self, line)",
        ),
        (
            "orders are changed in the admin site",
            "blog/admin.py",
            "class OrderAdmin(ReadOnlyAdmin, ",
            "class OrderAdmin(",
        ),
        (
            "ordered users are deleted",
            "blog/models.py",
            "on_delete=models.PROTECT",
            "on_delete=models.CASCADE",
        ),
        ("no money is taken, and nobody told", "blog/payments.py", "return []", "return"),
    ] {
        let good = project.read(path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        project.write(path, good.replacen(old, new, 1));
        let output =
            project.python(&["manage.py", "test", "--no-input", "--failfast", "blog.tests.test_checkout"]);
        assert!(!output.status.success(), "{name} was not caught");
        project.write(path, good);
    }
}
