//! Looking into JSON.

use serde_json::Value;

/// The member at a path such as `/rp/id`: a JSON pointer of plain names, which need not be unescaped for every look.
pub fn member<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('/').skip(1).try_fold(value, |value, name| value.get(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_of_names_is_a_json_pointer() {
        let value = json!({"rp": {"id": "host"}, "list": [1]});
        for path in ["", "/rp", "/rp/id", "/rp/none", "/none/id", "/rp/id/deeper", "/"] {
            assert_eq!(member(&value, path), value.pointer(path), "{path}");
        }
    }
}
