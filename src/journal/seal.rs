//! Intents carry a checksum: a store that lost a bit must not take back something else, and call it done.

use super::store::EffectId;
use sha2::{Digest, Sha256};

/// What stands between an intent, which is one line of JSON, and its checksum.
const MARK: char = '\n';

/// An intent with its checksum.
pub fn seal(effect: EffectId, intent: &str) -> String {
    format!("{intent}{MARK}{}", sum(effect, intent))
}

/// The intent in a text, if it is as it was written. A text without a checksum is taken as it is.
pub fn unseal(effect: EffectId, text: &str) -> Option<String> {
    let Some((intent, kept)) = text.split_once(MARK) else { return Some(text.to_owned()) };
    (sum(effect, intent) == kept).then(|| intent.to_owned())
}

/// It covers what the intent belongs to, too.
fn sum(effect: EffectId, intent: &str) -> String {
    let whole = Sha256::digest(format!("{}{MARK}{intent}", effect.0));
    whole.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{EffectId, seal, unseal};

    #[test]
    fn a_text_that_changed_is_not_given_out() {
        let sealed = seal(EffectId(7), "{\"kind\":\"fault\"}");
        assert_eq!(unseal(EffectId(7), &sealed).as_deref(), Some("{\"kind\":\"fault\"}"));
        assert_eq!(unseal(EffectId(8), &sealed), None);
        assert_eq!(unseal(EffectId(7), &sealed.replace("fault", "fauls")), None);
        assert_eq!(unseal(EffectId(7), "{}").as_deref(), Some("{}"));
    }
}
