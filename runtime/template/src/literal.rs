//! Reading `META`, `PARAMS` and `STEPS` from a script that is not run.
//!
//! The values are taken from the syntax tree, so that a map keeps the order in which it is written and a value
//! that is not a plain literal can be pointed at.

use aksara_protocol::JsonMap;
use rhai::{AST, ASTFlags, Expr, Position, Stmt};
use serde_json::Value;

/// A constant of a script.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    /// Its value.
    pub(crate) value: Value,
    /// Where its value starts.
    pub(crate) position: Position,
}

/// Why a constant cannot be read without running the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotLiteral {
    /// What stands there instead.
    pub(crate) reason: &'static str,
    /// Where.
    pub(crate) position: Position,
}

/// The constant `name` at the top of a script, if it is there.
pub(crate) fn constant(ast: &AST, name: &str) -> Result<Option<Literal>, NotLiteral> {
    for statement in ast.statements() {
        if let Stmt::Var(declaration, flags, position) = statement
            && declaration.0.as_str() == name
        {
            if !flags.contains(ASTFlags::CONSTANT) {
                return Err(NotLiteral { reason: "it is a variable: write `const`", position: *position });
            }
            let value = json(&declaration.1)?;
            return Ok(Some(Literal { value, position: declaration.1.position() }));
        }
    }
    Ok(None)
}

fn json(expression: &Expr) -> Result<Value, NotLiteral> {
    let not = |reason| Err(NotLiteral { reason, position: expression.position() });
    match expression {
        Expr::BoolConstant(value, _) => Ok(Value::Bool(*value)),
        Expr::IntegerConstant(value, _) => Ok(Value::from(*value)),
        Expr::FloatConstant(value, _) => Ok(Value::from(**value)),
        Expr::CharConstant(value, _) => Ok(Value::String(value.to_string())),
        Expr::StringConstant(value, _) => Ok(Value::String(value.to_string())),
        Expr::Unit(_) => Ok(Value::Null),
        Expr::Array(items, _) => items.iter().map(json).collect::<Result<_, _>>().map(Value::Array),
        Expr::Map(entries, _) => {
            let mut map = JsonMap::new();
            for (key, value) in &entries.0 {
                map.insert(key.name.to_string(), json(value)?);
            }
            Ok(Value::Object(map))
        }
        Expr::FnCall(call, _) if call.name == "-" && call.args.len() == 1 => match json(&call.args[0])? {
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Ok(Value::from(-whole)),
                (None, Some(real)) => Ok(Value::from(-real)),
                (None, None) => not("only a number can have a minus sign"),
            },
            _ => not("only a number can have a minus sign"),
        },
        Expr::Variable(..) => not("a variable is not a literal"),
        Expr::FnCall(..) | Expr::MethodCall(..) => not("a call or an operator is not a literal"),
        Expr::InterpolatedString(..) => not("a string with `${}` is not a literal"),
        _ => not("it is not a literal"),
    }
}

#[cfg(test)]
mod tests {
    use rhai::{Engine, OptimizationLevel};

    use super::constant;

    fn read(script: &str) -> Result<Option<String>, &'static str> {
        let mut engine = Engine::new_raw();
        engine.set_optimization_level(OptimizationLevel::None);
        let ast = engine.compile(script).unwrap();
        constant(&ast, "META").map(|found| found.map(|l| l.value.to_string())).map_err(|e| e.reason)
    }

    #[test]
    fn a_map_keeps_its_order() {
        assert_eq!(
            read(r#"const META = #{ z: 1, "default": -2, a: [true, (), 1.5, -0.5, "x", 'c', #{}] };"#),
            Ok(Some(r#"{"z":1,"default":-2,"a":[true,null,1.5,-0.5,"x","c",{}]}"#.to_owned()))
        );
        assert_eq!(read("const OTHER = 1;"), Ok(None));
    }

    #[test]
    fn what_must_be_run_is_refused() {
        for (script, reason) in [
            ("let META = #{};", "it is a variable: write `const`"),
            ("const META = #{ a: 1 + 1 };", "a call or an operator is not a literal"),
            ("const X = 1; const META = #{ a: X };", "a variable is not a literal"),
            ("const META = #{ a: `${1}` };", "a string with `${}` is not a literal"),
            ("const META = if true { 1 } else { 2 };", "it is not a literal"),
        ] {
            assert_eq!(read(script), Err(reason), "{script}");
        }
    }
}
