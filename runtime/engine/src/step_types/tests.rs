use aksara_protocol::plugin::{Effect, Example, ExecutorInfo};
use serde_json::{Value, json};

use super::{StepTypeInfo, step_type_schema, step_types_page};

fn of(stack: &str, step_type: &str, params: Value, example: Value) -> StepTypeInfo {
    StepTypeInfo {
        plugin: "p".into(),
        executor: ExecutorInfo {
            stack: stack.into(),
            step_type: step_type.into(),
            summary: format!("Makes a {step_type}"),
            params,
            effects: vec![Effect::Edit],
            examples: vec![Example {
                title: "as it is".into(),
                params: example.as_object().unwrap().clone(),
                ..Example::default()
            }],
        },
    }
}

fn column() -> Value {
    json!({ "type": "object", "required": ["name"], "properties": {
        "name": { "type": "string", "description": "Its name" },
        "kind": { "enum": ["text", "number"], "description": "One | the other.", "default": "text" },
    } })
}

#[test]
fn a_page_has_a_table_for_every_object_once() {
    let table = json!({ "type": "object", "required": ["columns"], "properties": {
        "columns": { "type": "array", "items": column(), "description": "Its columns." },
        "keys": { "type": "array", "items": { "type": "array", "prefixItems": [{ "type": "string" }, {}] } },
    } });
    let change = json!({ "type": "object", "properties": {
        "add": { "type": "array", "items": column() },
        "then": { "type": "array", "items": { "oneOf": [
            { "type": "object", "description": "Goes away.", "required": ["op", "name"], "properties": {
                "op": { "const": "drop" },
                "name": { "type": ["string", "null"], "examples": ["x"] },
            } },
        ] } },
        "times": { "type": "integer", "minimum": 1, "description": "How often" },
        "env": { "type": "object", "additionalProperties": { "type": "string" } },
    } });
    let long = "x".repeat(90);
    let page = step_types_page(&[
        of("toy", "change", change, json!({ "add": [{ "name": long }, { "name": "b" }] })),
        of("*", "table", table.clone(), json!({ "columns": [] })),
        of("toy", "table", json!({ "type": "object" }), json!({})),
    ]);
    let (_, body) = page.split_once("\n## change").unwrap();
    insta::assert_snapshot!(body, @r##"


    Makes a change

    | param | type | meaning |
    | --- | --- | --- |
    | `add` | list of objects |  |
    | `then` | list of objects |  |
    | `times` | integer | How often. At least 1. |
    | `env` | object of strings |  |

    Each of `add`:

    | param | type | meaning |
    | --- | --- | --- |
    | `name` | string, required | Its name |
    | `kind` | `text`, `number` | One \| the other. Default `"text"`. |

    Each of `then` is one of:

    - `op`: `drop`. Goes away.
      - `name` (string, required): Example: `"x"`.

    Example: as it is

    ```json
    {
      "add": [
        { "name": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
        { "name": "b" }
      ]
    }
    ```

    ## table

    ### table on any

    Makes a table

    | param | type | meaning |
    | --- | --- | --- |
    | `columns` | list of objects, required | Its columns. |
    | `keys` | list of [string, any] |  |

    Each of `columns` is as each of `add` in [change](#change).

    Example: as it is

    ```json
    { "columns": [] }
    ```

    ### table on toy

    Makes a table

    No params.

    Example: as it is

    ```json
    {}
    ```
    "##);
    assert!(page.contains("| [`table`](#table) | any | p | Makes a table |\n"), "{page}");
}

#[test]
fn a_schema_is_that_of_the_executor_with_what_it_says_of_itself() {
    let one = of("toy", "table", column(), json!({ "name": "a" }));
    let mut schema = one.schema();
    assert_eq!(schema["examples"], json!([{ "name": "a" }]));
    assert_eq!((&schema["x-stack"], &schema["x-plugin"]), (&json!("toy"), &json!("p")));
    assert_eq!(schema["description"], "Makes a table");
    for added in ["examples", "x-stack", "x-plugin", "description", "title"] {
        schema.as_object_mut().unwrap().remove(added);
    }
    assert_eq!(schema, column());
    let both = step_type_schema(&[one.clone(), of("other", "table", json!(true), json!({ "any": 1 }))]);
    let validator = jsonschema::draft202012::new(&both).unwrap();
    assert!(validator.is_valid(&json!({ "any": 1 })));
    let only = jsonschema::draft202012::new(&step_type_schema(&[one])).unwrap();
    assert!(only.is_valid(&json!({ "name": "a" })) && !only.is_valid(&json!({ "any": 1 })));
}
