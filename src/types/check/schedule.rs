//! `schedule`: when an experiment recurs.

use super::Checker;
use crate::diagnostics::codes;
use crate::names::DeclarationId;
use crate::syntax::tree;
use crate::types::expression::Context;
use crate::types::model::Schedule;
use crate::types::{calendar, errors};

impl Checker<'_> {
    pub(super) fn schedule(&mut self, id: DeclarationId) {
        let Some(written) = self.file(id).and_then(|file| file.schedules.get(id.index)) else { return };
        let environment = self.known_environment(written.environment.as_ref(), id);
        let cron = self.calendar_text(written.cron.as_ref(), calendar::cron, "write it like `cron \"0 3 * * 1-5\"`");
        let zone = |name: &str| calendar::zone(name).map(drop);
        let timezone =
            self.calendar_text(written.timezone.as_ref(), zone, "write it like `timezone \"Europe/Berlin\"`");
        if written.cron.is_none() {
            let help = "add `cron \"0 3 * * 1-5\"`";
            self.report(errors::missing(codes::E0208, "this schedule does not say when", written.name.span, help));
        }
        let Some((experiment, _, own)) = self.experiment_of(&written.experiment, id) else { return };
        self.settings(&written.settings, &experiment);
        let name = written.name.text.clone();
        let schedule =
            Schedule { name, environment, cron: cron.unwrap_or_default(), timezone, span: written.name.span };
        self.checked.schedules.insert(id, (schedule, own));
    }

    fn calendar_text(
        &mut self,
        written: Option<&tree::Expr>,
        read: impl Fn(&str) -> Result<(), String>,
        help: &str,
    ) -> Option<String> {
        let text = self.typing(Context::default()).text(written?)?;
        if let Err(error) = read(&text) {
            self.report(errors::calendar(error, written?.span, help));
            return None;
        }
        Some(text)
    }
}
