//! Whether bytes are a component to the last of them, without compiling it.

use wasmparser::{Validator, WasmFeatures};

/// Checks all of a component: every type, index and instruction.
///
/// # Errors
/// What is wrong with it, for a message.
pub fn validate(bytes: &[u8]) -> Result<(), String> {
    let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes);
    valid.map(drop).map_err(|error| format!("it is damaged: {}", error.message()))
}

#[cfg(test)]
mod tests {
    use super::validate;

    #[test]
    fn one_wrong_instruction_is_seen() {
        let http = crate::injector::component("http").unwrap_or_default();
        assert_eq!(validate(http), Ok(()));
        let broken = (0..http.len()).step_by(4_001).filter(|at| {
            let mut bytes = http.to_vec();
            bytes[*at] ^= 0xff;
            validate(&bytes).is_err()
        });
        assert!(broken.count() > 10);
    }
}
