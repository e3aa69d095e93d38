//! The reference of a module: what its declarations are and take, as Markdown, from `##` comments and types.

use crate::base::{Sources, Span};
use crate::names::Module;
use crate::syntax::tree::{
    Constant, Environment, Experiment, Expr, Fault, Model, Modelled, Parameter, Policy, Probe, Scenario, Schedule,
    Service, System, Test, TypeName,
};

/// The reference of one module, which is called `name`.
pub fn reference(name: &str, module: &Module, sources: &Sources) -> String {
    let page = Page { sources };
    let file = &module.file;
    let mut parts = vec![format!("# {name}"), page.about(module)];
    parts.extend(file.constants.iter().map(|it| page.constant(it)));
    parts.extend(file.systems.iter().map(|it| page.system(it)));
    parts.extend(file.faults.iter().map(|it| page.fault(it)));
    parts.extend(file.probes.iter().map(|it| page.probe(it)));
    parts.extend(file.scenarios.iter().map(|it| page.scenario(it)));
    parts.extend(file.environments.iter().map(|it| page.environment(it)));
    parts.extend(file.experiments.iter().map(|it| page.experiment(it)));
    parts.extend(file.policies.iter().map(|it| page.policy(it)));
    parts.extend(file.models.iter().map(|it| page.model(it)));
    parts.extend(file.schedules.iter().map(|it| page.schedule(it)));
    parts.extend(file.tests.iter().map(|it| page.test(it)));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

struct Page<'a> {
    sources: &'a Sources,
}

impl Page<'_> {
    /// The author's own words, on one line.
    fn text(&self, span: Span) -> String {
        self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn expr(&self, expr: &Expr) -> String {
        format!("`{}`", self.text(expr.span))
    }

    fn ty(&self, ty: &TypeName) -> String {
        self.text(ty.span)
    }

    /// The comment that the file begins with.
    fn about(&self, module: &Module) -> String {
        let text = self.sources.get(module.source).map_or("", |source| source.text.as_str());
        let lines = text.lines().take_while(|line| line.starts_with('#') && !line.starts_with("##"));
        lines.map(|line| line.trim_start_matches('#').trim()).collect::<Vec<_>>().join("\n")
    }

    fn constant(&self, it: &Constant) -> String {
        section(&format!("let `{}`", it.name.text), &it.doc, vec![format!("The value is {}.", self.expr(&it.value))])
    }

    fn system(&self, it: &System) -> String {
        let services = it.services.iter().map(|service| self.service(service)).collect();
        section(&format!("system `{}`", it.name.text), &it.doc, services)
    }

    fn service(&self, it: &Service) -> String {
        let mut lines = vec![format!("### service `{}`", it.name.text)];
        if it.external {
            lines.push("Somebody else runs it.".to_owned());
        }
        if !it.calls.is_empty() {
            let calls: Vec<String> = it.calls.iter().map(|name| format!("`{}`", name.text)).collect();
            lines.push(format!("Calls {}.", calls.join(", ")));
        }
        if !it.metrics.is_empty() {
            let rows = it.metrics.iter().map(|metric| {
                let range = metric.range.as_ref().map(|(low, high)| self.range(low, high)).unwrap_or_default();
                vec![
                    format!("`{}`", metric.name.text),
                    format!("`{}`{range}", self.ty(&metric.ty)),
                    one_line(&metric.doc),
                ]
            });
            lines.push(table(&["metric", "type", ""], rows.collect()));
        }
        let slos: Vec<String> = it.slos.iter().map(|slo| format!("- objective: `{}`", self.slo(slo.span))).collect();
        lines.push(slos.join("\n"));
        lines.retain(|line| !line.is_empty());
        lines.join("\n\n")
    }

    fn slo(&self, span: Span) -> String {
        self.text(span).trim_start_matches("slo ").to_owned()
    }

    fn range(&self, low: &Expr, high: &Expr) -> String {
        format!(" in `{}..{}`", self.text(low.span), self.text(high.span))
    }

    fn parameters(&self, list: &[Parameter]) -> String {
        let row = |it: &Parameter| {
            let range = it.range.as_ref().map(|(low, high)| self.range(low, high)).unwrap_or_default();
            let default = it.default.as_ref().map_or_else(|| "required".to_owned(), |default| self.expr(default));
            vec![format!("`{}`", it.name.text), format!("`{}`{range}", self.ty(&it.ty)), default, one_line(&it.doc)]
        };
        if list.is_empty() {
            String::new()
        } else {
            table(&["parameter", "type", "default", ""], list.iter().map(row).collect())
        }
    }

    fn fault(&self, it: &Fault) -> String {
        let facts = [
            ("touches", it.touches.as_ref().map(|expr| self.expr(expr))),
            ("fails", it.fails.as_ref().map(|expr| self.expr(expr))),
            ("resource", it.resource.as_ref().map(|path| format!("`{}`", path.text()))),
            ("class", it.class.as_ref().map(|name| format!("`{}`", name.text))),
            ("component", self.component(it.component.as_ref())),
        ];
        let facts: Vec<String> =
            facts.into_iter().filter_map(|(word, fact)| Some(format!("- {word}: {}", fact?))).collect();
        section(&format!("fault `{}`", it.name.text), &it.doc, vec![self.parameters(&it.parameters), facts.join("\n")])
    }

    fn component(&self, written: Option<&(Expr, Expr)>) -> Option<String> {
        written.map(|(component, action)| format!("{}, action {}", self.expr(component), self.expr(action)))
    }

    fn probe(&self, it: &Probe) -> String {
        let component =
            self.component(it.component.as_ref()).map_or_else(String::new, |it| format!("\n- component: {it}"));
        let facts = format!("- returns: `{}`{component}", self.ty(&it.returns));
        section(&format!("probe `{}`", it.name.text), &it.doc, vec![self.parameters(&it.parameters), facts])
    }

    fn scenario(&self, it: &Scenario) -> String {
        section(&format!("scenario `{}`", it.name.text), &it.doc, vec![self.parameters(&it.parameters)])
    }

    fn environment(&self, it: &Environment) -> String {
        let tier = it.tier.as_ref().map(|tier| format!("tier `{}`", tier.text));
        let services: Vec<String> = it.services.iter().map(|service| format!("`{}`", service.name.text)).collect();
        let allowed: Vec<String> =
            it.allowances.iter().flat_map(|it| &it.services).map(|it| format!("`{}`", it.text)).collect();
        let mut facts = vec![format!("- for: `{}`", it.system.text())];
        facts.extend(tier.map(|tier| format!("- {tier}")));
        facts.push(format!("- places: {}", services.join(", ")));
        if !allowed.is_empty() {
            facts.push(format!("- faults are allowed on: {}", allowed.join(", ")));
        }
        section(&format!("environment `{}`", it.name.text), "", vec![facts.join("\n")])
    }

    fn experiment(&self, it: &Experiment) -> String {
        let mut facts = vec![format!("- on: `{}`", it.system.text())];
        facts.extend(
            it.hypothesis.as_ref().map(|text| format!("- hypothesis: {}", self.text(text.span).trim_matches('"'))),
        );
        facts.extend(it.owner.as_ref().map(|owner| format!("- owner: {}", self.text(owner.span).trim_matches('"'))));
        let title = format!("experiment `{}`", it.name.text);
        section(&title, &it.doc, vec![facts.join("\n"), self.parameters(&it.parameters)])
    }

    fn policy(&self, it: &Policy) -> String {
        let applies = it.applies.as_ref().map(|expr| format!("Applies when {}.", self.expr(expr)));
        let rules: Vec<String> = it.rules.iter().map(|rule| format!("- `{}`", self.text(rule.span))).collect();
        let title = format!("policy `{}`", it.name.text);
        section(&title, &it.doc, vec![applies.unwrap_or_default(), rules.join("\n")])
    }

    fn schedule(&self, it: &Schedule) -> String {
        let cron = it.cron.as_ref().map_or_else(String::new, |cron| format!(" at {}", self.expr(cron)));
        let facts = format!("Runs `{}`{cron}.", it.experiment.text());
        section(&format!("schedule `{}`", it.name.text), &it.doc, vec![facts])
    }

    fn model(&self, it: &Model) -> String {
        let of = it.system.as_ref().map(|path| format!("- of: `{}`", path.text()));
        let arrive = it.arrivals.iter().map(|it| format!("- `{}` gets {}", it.service.text, self.expr(&it.rate)));
        let facts: Vec<String> = of.into_iter().chain(arrive).collect();
        let shown = it.shown.iter().map(|it| {
            let of = it.of.as_ref().map_or_else(String::new, |of| format!(" of {}", of.text));
            format!("- `{}` shows `{}{of}`", it.metric.text(), it.measure.text)
        });
        let shown: Vec<String> = shown.collect();
        let mut parts = vec![facts.join("\n")];
        if !it.services.is_empty() {
            parts.push(table(&["service", ""], it.services.iter().map(|it| self.modelled(it)).collect()));
        }
        parts.push(shown.join("\n"));
        section(&format!("model `{}`", it.name.text), &it.doc, parts)
    }

    fn modelled(&self, it: &Modelled) -> Vec<String> {
        let traits = it.traits.iter().map(|it| {
            let last = it.to.last().map(|name| name.span).or_else(|| it.values.last().map(|value| value.span));
            format!("`{}`", self.text(last.map_or(it.word, |last| it.word.to(last))))
        });
        let tolerates = it.tolerates.iter().map(|name| format!("`tolerates {}`", name.text));
        vec![format!("`{}`", it.name.text), traits.chain(tolerates).collect::<Vec<_>>().join(", ")]
    }

    fn test(&self, it: &Test) -> String {
        section(&format!("test \"{}\"", it.name.text), "", vec![format!("Tests `{}`.", it.experiment.text())])
    }
}

fn section(title: &str, doc: &str, parts: Vec<String>) -> String {
    let all = [format!("## {title}"), doc.to_owned()].into_iter().chain(parts);
    all.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let first = line(head.iter().map(|cell| (*cell).to_owned()).collect());
    let second = line(head.iter().map(|_| "---".to_owned()).collect());
    let rows = rows.into_iter().map(|cells| line(cells.into_iter().map(|cell| cell.replace('\n', " ")).collect()));
    [first, second].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}
