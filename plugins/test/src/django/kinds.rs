//! What kind of value a field holds, whoever wrote its class: Django, the project, or another package.

use aksara_sdk::protocol::facts::{FieldFacts, last};

/// Django's classes of fields that hold places.
const PLACES: [&str; 9] = [
    "GeometryCollectionField",
    "GeometryField",
    "LineStringField",
    "MultiLineStringField",
    "MultiPointField",
    "MultiPolygonField",
    "PointField",
    "PolygonField",
    "RasterField",
];

/// Classes of other packages that hold what one of Django's does: package, class, Django's class.
const ALIKE: [(&str, &str, &str); 30] = [
    ("ckeditor", "RichTextField", "TextField"),
    ("ckeditor_uploader", "RichTextUploadingField", "TextField"),
    ("django_ckeditor_5", "CKEditor5Field", "TextField"),
    ("django_cryptography", "EncryptedCharField", "CharField"),
    ("django_extensions", "JSONField", "JSONField"),
    ("django_fsm", "FSMField", "CharField"),
    ("django_fsm", "FSMIntegerField", "IntegerField"),
    ("django_jsonform", "JSONField", "JSONField"),
    ("djmoney", "MoneyField", "DecimalField"),
    ("easy_thumbnails", "ThumbnailerField", "FileField"),
    ("easy_thumbnails", "ThumbnailerImageField", "ImageField"),
    ("encrypted_fields", "EncryptedCharField", "CharField"),
    ("encrypted_fields", "EncryptedTextField", "TextField"),
    ("encrypted_model_fields", "EncryptedCharField", "CharField"),
    ("encrypted_model_fields", "EncryptedTextField", "TextField"),
    ("fernet_fields", "EncryptedCharField", "CharField"),
    ("fernet_fields", "EncryptedTextField", "TextField"),
    ("imagekit", "ProcessedImageField", "ImageField"),
    ("jsonfield", "JSONField", "JSONField"),
    ("markdownx", "MarkdownxField", "TextField"),
    ("martor", "MartorField", "TextField"),
    ("mdeditor", "MDTextField", "TextField"),
    ("model_utils", "SplitField", "TextField"),
    ("sorl", "ImageField", "ImageField"),
    ("tinymce", "HTMLField", "TextField"),
    ("versatileimagefield", "VersatileImageField", "ImageField"),
    ("wagtail", "RichTextField", "TextField"),
    ("django", "CICharField", "CharField"),
    ("django", "CIEmailField", "EmailField"),
    ("django", "CITextField", "TextField"),
];

/// Classes of other packages that fill themselves: package, class.
const FILLED: [(&str, &str); 16] = [
    ("autoslug", "AutoSlugField"),
    ("django_extensions", "AutoSlugField"),
    ("django_extensions", "CreationDateTimeField"),
    ("django_extensions", "ModificationDateTimeField"),
    ("django_extensions", "RandomCharField"),
    ("django_extensions", "ShortUUIDField"),
    ("django_nanoid", "NANOIDField"),
    ("model_utils", "AutoCreatedField"),
    ("model_utils", "AutoLastModifiedField"),
    ("model_utils", "MonitorField"),
    ("model_utils", "StatusField"),
    ("model_utils", "UUIDField"),
    ("model_utils", "UrlsafeTokenField"),
    ("ordered_model", "OrderField"),
    ("positions", "PositionField"),
    ("shortuuid", "ShortUUIDField"),
];

/// Classes of other packages with values of their own: package, class, a value, and one that differs from row to row, in
/// which `COUNT` is how many there are.
const OTHERS: [(&str, &str, &str, Option<&str>); 4] = [
    ("colorfield", "ColorField", "#336699", Some("#{COUNT:06x}")),
    ("django_countries", "CountryField", "NZ", None),
    ("phonenumber_field", "PhoneNumberField", "+12125552368", Some("+1212555{2368 + COUNT}")),
    ("timezone_field", "TimeZoneField", "UTC", None),
];

/// Django's ranges (PostgreSQL), and what is at their ends, as Django's class.
const RANGES: [(&str, &str); 5] = [
    ("BigIntegerRangeField", "BigIntegerField"),
    ("DateRangeField", "DateField"),
    ("DateTimeRangeField", "DateTimeField"),
    ("DecimalRangeField", "DecimalField"),
    ("IntegerRangeField", "IntegerField"),
];

const POSTGRES: &str = "django.contrib.postgres.fields.";

/// The class that says what a field holds: its own, or what a class of the project extends.
fn class(field: &FieldFacts) -> &str {
    field.base.as_deref().unwrap_or(&field.class)
}

fn package(class: &str) -> &str {
    class.split('.').next().unwrap_or(class)
}

/// The class of Django's own that says which values the field may have; `None` if that is not known.
pub fn django_class(field: &FieldFacts) -> Option<&str> {
    let class = class(field);
    if class.starts_with("django.db.models.") {
        return Some(last(class));
    }
    // A model with places has all of its fields from there.
    if class.starts_with("django.contrib.gis.db.models.") {
        return Some(last(class)).filter(|name| !PLACES.contains(name));
    }
    let alike = ALIKE.iter().find(|(of, name, _)| package(class) == *of && last(class) == *name);
    alike.map(|(.., django)| *django)
}

/// Whether the field, of another package, has a value that nobody gives.
pub fn is_filled(field: &FieldFacts) -> bool {
    let class = class(field);
    FILLED.iter().any(|(of, name)| package(class) == *of && last(class) == *name)
}

/// A value of a field of another package, and one that differs from row to row.
pub fn of_package(field: &FieldFacts) -> Option<(&'static str, Option<&'static str>)> {
    let class = class(field);
    let known = OTHERS.iter().find(|(of, name, ..)| package(class) == *of && last(class) == *name);
    known.map(|(.., value, other)| (*value, *other))
}

/// Whether it is an array (PostgreSQL).
pub fn is_array(field: &FieldFacts) -> bool {
    class(field).strip_prefix(POSTGRES).map(last) == Some("ArrayField")
}

/// Whether it holds texts by name (PostgreSQL).
pub fn is_hstore(field: &FieldFacts) -> bool {
    class(field).strip_prefix(POSTGRES).map(last) == Some("HStoreField")
}

/// The class of the ends of a range (PostgreSQL).
pub fn end_of_range(field: &FieldFacts) -> Option<&'static str> {
    let name = class(field).strip_prefix(POSTGRES).map(last)?;
    RANGES.iter().find(|(range, _)| *range == name).map(|(_, end)| *end)
}
