//! From nodes to the tree, one declaration a file; what the grammar could not place becomes findings here.

mod effects;
mod environment;
mod experiment;
mod model;
mod policy;
mod step;
mod system;
mod test;
mod types;

use super::errors;
use super::layout::Comment;
use super::parser::{self, Node, Rule};
use super::tree::{Allow, Constant, Expr, File, Name, Path, Use, Used};
use crate::base::{SourceId, Span};
use crate::diagnostics::{Diagnostic, Edit, codes, lints, suggest};

/// With so many findings in one file, no more suggestions are looked for.
const MANY_FINDINGS: usize = 200;

/// Builds one file's tree.
pub struct Builder<'t> {
    source: SourceId,
    text: &'t str,
    comments: &'t [Comment],
    /// What was found wrong so far.
    pub findings: Vec<Diagnostic>,
    /// What attributes allow, and where.
    allows: Vec<Allow>,
}

impl<'t> Builder<'t> {
    /// A builder for `text` as its author wrote it.
    pub fn new(source: SourceId, text: &'t str, comments: &'t [Comment], findings: Vec<Diagnostic>) -> Self {
        Self { source, text, comments, findings, allows: Vec::new() }
    }

    /// The tree of a whole file.
    pub fn file(&mut self, root: Node) -> File {
        let mut file = File::default();
        let mut last: Option<Node> = None;
        for node in root.children() {
            match node.rule {
                Rule::declaration => self.declaration(node, &mut file),
                Rule::stray_declaration => {
                    file.lost.extend(self.lost_name(node));
                    self.stray(node, Rule::strict_declaration);
                }
                Rule::surplus => self.surplus(root, last, node, Rule::strict_declaration),
                _ => {}
            }
            last = Some(node);
        }
        self.forget_the_displaced();
        file.allows = std::mem::take(&mut self.allows);
        file
    }

    fn declaration(&mut self, node: Node, file: &mut File) {
        self.attributes(node);
        let Some(inner) = node.children().find(|child| child.rule != Rule::attribute) else { return };
        match inner.rule {
            Rule::use_declaration => file.uses.extend(self.use_declaration(inner)),
            Rule::constant => file.constants.extend(self.constant(inner)),
            Rule::system => file.systems.extend(self.system(inner)),
            Rule::environment => file.environments.extend(self.environment(inner)),
            Rule::experiment => file.experiments.extend(self.experiment(inner)),
            Rule::scenario => file.scenarios.extend(self.scenario(inner)),
            Rule::policy => file.policies.extend(self.policy(inner)),
            Rule::model => file.models.extend(self.model(inner)),
            Rule::test => file.tests.extend(self.test(inner)),
            Rule::schedule => file.schedules.extend(self.schedule(inner)),
            Rule::fault => file.faults.extend(self.fault(inner)),
            Rule::probe => file.probes.extend(self.probe(inner)),
            _ => {}
        }
    }

    fn constant(&mut self, node: Node) -> Option<Constant> {
        Some(Constant { name: self.first_name(node)?, value: self.find_expr(node)?, doc: self.doc(node) })
    }

    /// What the attributes before a statement allow; reports what there is not to allow.
    fn attributes(&mut self, node: Node) -> Vec<Name> {
        let mut allowed = Vec::new();
        for attribute in node.all(Rule::attribute) {
            let names: Vec<Name> = attribute.all(Rule::name).map(|name| self.name(name)).collect();
            let Some((word, arguments)) = names.split_first() else { continue };
            if word.text != "allow" {
                self.findings.push(errors::unknown_attribute("attribute", word, &["allow"]));
            }
            for name in arguments.iter().filter(|name| !lints::is_allowable(&name.text)) {
                let known: Vec<&str> = lints::allowable().collect();
                self.findings.push(errors::unknown_attribute("rule", name, &known));
            }
            allowed.extend_from_slice(arguments);
        }
        let span = self.span(node);
        self.allows.extend(allowed.iter().map(|name| Allow { name: name.clone(), span }));
        allowed
    }

    fn use_declaration(&mut self, node: Node) -> Option<Use> {
        let what = match node.children().find(|child| matches!(child.rule, Rule::text | Rule::path))? {
            path if path.rule == Rule::path => Used::Module(self.path(path)),
            text if self.span(text).of(self.text) != text.text => return None, // its quote is open; reported already
            text => Used::File(text.text.trim_matches('"').to_owned(), self.span(text)),
        };
        let alias = node.find(Rule::as_clause).and_then(|clause| self.first_name(clause));
        Some(Use { what, alias, span: self.span(node) })
    }

    /// The statements of a block; reports what does not belong and a missing brace.
    fn statements<'a>(&mut self, block: Node<'a>, item: Rule, strict: Rule) -> Vec<Node<'a>> {
        let mut found: Vec<Node> = Vec::new();
        for node in block.children() {
            match node.rule {
                rule if rule == item => {
                    self.attributes(node);
                    found.push(node);
                }
                Rule::stray => self.stray(node, strict),
                Rule::surplus if self.breaks_off(block, found.last().copied(), node, strict) => drop(found.pop()),
                Rule::surplus => {
                    let before = self.findings.len();
                    self.surplus(block, found.last().copied(), node, strict);
                    if self.findings.len() > before {
                        found.pop(); // one mistake in a statement is enough to know of
                    }
                }
                Rule::missing_brace => self.missing_brace(block, node),
                _ => {}
            }
        }
        found
    }

    fn missing_brace(&mut self, block: Node, missing: Node) {
        let opener = Span::new(self.source, block.start, block.start + 1);
        let at = Span::new(self.source, missing.start.min(self.text.len()), missing.start.min(self.text.len()));
        // One brace may be missing from several blocks; the innermost, which is read last, says it.
        self.findings.retain(|finding| {
            finding.code != codes::E0102 || finding.labels.last().is_none_or(|label| label.span != at)
        });
        self.findings.push(errors::missing_brace(opener, at, self.brace(block, missing.start.min(self.text.len()))));
    }

    /// A closing brace on a line of its own, behind what stands last before `end`; as far in as the block began.
    fn brace(&self, block: Node, end: usize) -> Edit {
        let mut last = end;
        loop {
            last = self.text[..last].trim_end().len();
            let before = self.comments.partition_point(|comment| (comment.span.end as usize) <= last);
            match before.checked_sub(1).and_then(|at| self.comments.get(at)) {
                Some(comment) if comment.span.end as usize == last => last = comment.span.start as usize,
                _ => break,
            }
        }
        let line_end = self.text[last..end].find('\n').map_or(end, |newline| last + newline);
        let line_start = self.text[..block.start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = &self.text[line_start..block.start];
        let margin = &line[..line.len() - line.trim_start().len()];
        let at = self.text[..line_end].trim_end_matches('\r').len();
        Edit::new(Span::new(self.source, at, at), format!("\n{margin}}}"))
    }

    /// Where a brace is missing, statements stand in a block that is not theirs. They are right in another one, so the missing
    /// brace is all that is said.
    fn forget_the_displaced(&mut self) {
        let open = self.findings.iter().filter(|finding| finding.code == codes::E0102);
        let open: Vec<Span> = open
            .filter_map(|it| it.labels.first().zip(it.labels.last()))
            .map(|(from, to)| from.span.to(to.span))
            .collect();
        if open.is_empty() {
            return;
        }
        let text = self.text;
        let inside = |place: Span| open.iter().any(|block| block.start < place.start && place.start < block.end);
        self.findings.retain(|finding| {
            let place = finding.place().filter(|place| finding.code == codes::E0101 && inside(*place));
            !place.is_some_and(|place| fits_elsewhere(text, place.start as usize))
        });
    }

    /// Whether a quote that is never closed was found here.
    fn is_unterminated(&self, at: usize) -> bool {
        let begins = |finding: &Diagnostic| finding.place().is_some_and(|place| place.start as usize == at);
        self.findings.iter().any(|finding| finding.code == codes::E0105 && begins(finding))
    }

    /// Reads a damaged statement again, strictly, to say what was expected where.
    fn stray(&mut self, node: Node, strict: Rule) {
        let text = node.text.trim_end_matches([';', ' ']);
        if text.trim_matches([' ', '"', ';']).is_empty() && self.is_unterminated(node.start) {
            return; // what is left of the quote, reported already
        }
        let found = first_token(text);
        if let Some(word) = self.meant(text, 0, strict) {
            self.findings.push(errors::misspelt(self.token(node.start, found), found, word));
            return;
        }
        if let Some(home) = home(text).filter(|_| strict != Rule::strict_declaration) {
            self.findings.push(errors::displaced(self.token(node.start, found), found, home));
            return;
        }
        let (at, expected) = parser::expected(strict, text).unwrap_or((0, Vec::new()));
        self.expected_there(text, node.start, at, &expected, strict);
    }

    /// The name behind the word that a damaged declaration starts with.
    fn lost_name(&self, node: Node) -> Option<Name> {
        let word = first_token(node.text);
        let rest = &node.text[word.len()..];
        let name = first_token(rest.trim_start());
        let start = node.start + node.text.len() - rest.trim_start().len();
        let span = Span::new(self.source, start, start + name.len());
        name.starts_with(|c: char| c.is_alphabetic() || c == '_').then(|| Name { text: name.to_owned(), span })
    }

    /// Says what was expected at a place in the text of a statement, and what may have been meant.
    fn expected_there(&mut self, text: &str, start: usize, at: usize, expected: &[Rule], strict: Rule) {
        let at = word_start(text, at.min(text.len()));
        let found = first_token(&text[at..]);
        let meant = self.meant(text, at, strict);
        self.unexpected(self.token(start + at, found), found, expected, meant);
    }

    /// The keyword that was meant; not looked for once so much is wrong that nobody reads it all.
    fn meant(&self, text: &str, at: usize, strict: Rule) -> Option<&'static str> {
        (self.findings.len() < MANY_FINDINGS).then(|| misspelt(text, at, strict)).flatten()
    }

    /// The place of a token; one that is missing still has one.
    fn token(&self, start: usize, found: &str) -> Span {
        let room = self.text.len().saturating_sub(start);
        Span::new(self.source, start, start + found.len().max(1).min(room))
    }

    /// Whether a statement was taken for whole though it goes on: `success >=` with nothing behind it. Says so if it was.
    fn breaks_off(&mut self, block: Node, statement: Option<Node>, surplus: Node, strict: Rule) -> bool {
        let Some(statement) = statement else { return false };
        let text = whole(block, statement, surplus);
        let Some((at, expected)) = parser::expected(strict, text) else { return false };
        let found = first_token(&text[at.min(text.len())..]);
        // An operator that there is not cuts a condition short, too.
        if statement.start + at <= surplus.start && !found.starts_with(['=', '&', '|', '!', '≥', '≤', '≠']) {
            return false;
        }
        self.expected_there(text, statement.start, at, &expected, strict);
        true
    }

    /// Words behind a statement that do not belong to it.
    fn surplus(&mut self, block: Node, statement: Option<Node>, node: Node, strict: Rule) {
        let text = node.text.trim_end_matches([';', ' ']);
        if text.trim_matches([' ', '"', ';']).is_empty() && self.is_unterminated(node.start) {
            return;
        }
        let found = first_token(text);
        let meant = statement.and_then(|it| self.meant(whole(block, it, node), node.start - it.start, strict));
        let span = Span::new(self.source, node.start, node.start + found.len());
        self.unexpected(span, found, &[Rule::stop], meant);
    }

    /// A word that is written for a sign keeps its distance: `a&&b` becomes `a and b`.
    fn unexpected(&mut self, span: Span, found: &str, expected: &[Rule], meant: Option<&str>) {
        let mut finding = errors::unexpected(span, found, expected, meant);
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let before = self.text[..span.start as usize].chars().next_back();
        let behind = self.text[span.end as usize..].chars().next();
        let close = |beside: Option<char>| beside.is_some_and(|it| !it.is_whitespace() && !"()[]{},;".contains(it));
        for edit in finding.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            if found.contains(is_word) || !edit.text.contains(is_word) {
                continue;
            }
            edit.text = match (close(before), close(behind)) {
                (true, true) => format!(" {} ", edit.text),
                (true, false) => format!(" {}", edit.text),
                (false, true) => format!("{} ", edit.text),
                (false, false) => continue,
            };
        }
        self.findings.push(finding);
    }

    /// Keeps the first of what may be said once.
    fn once<T>(&mut self, slot: &mut Option<T>, value: Option<T>, span: impl Fn(&T) -> Span, what: &str) {
        match (slot.as_ref(), value) {
            (_, None) => {}
            (None, Some(value)) => *slot = Some(value),
            (Some(first), Some(value)) => self.findings.push(errors::repeated(span(first), span(&value), what)),
        }
    }

    fn once_expr(&mut self, slot: &mut Option<Expr>, node: Node, what: &str) {
        let value = self.find_expr(node);
        self.once(slot, value, |expr| expr.span, what);
    }

    /// The text as its author wrote it.
    pub fn source_text(&self) -> &str {
        self.text
    }

    /// The node's place.
    pub fn span(&self, node: Node) -> Span {
        Span::new(self.source, node.start, node.end())
    }

    /// A name node.
    pub fn name(&self, node: Node) -> Name {
        Name { text: node.text.to_owned(), span: self.span(node) }
    }

    fn first_name(&self, node: Node) -> Option<Name> {
        node.find(Rule::name).map(|name| self.name(name))
    }

    fn names(&self, node: Node) -> Vec<Name> {
        node.find(Rule::names).map_or_else(Vec::new, |names| names.each(Rule::name, |name| Some(self.name(name))))
    }

    /// A path node.
    pub fn path(&self, node: Node) -> Path {
        Path { parts: node.each(Rule::name, |name| Some(self.name(name))), span: self.span(node) }
    }

    /// The part of a statement that says what it is: its first one behind the attributes.
    fn inner<'a>(node: Node<'a>) -> Option<Node<'a>> {
        node.children().find(|child| child.rule != Rule::attribute)
    }

    /// The statement up to its block.
    fn head(&self, node: Node, block: Option<Node>) -> Span {
        let Some(block) = block else { return self.span(node) };
        let head = self.text[node.start..block.start].trim_end().len();
        Span::new(self.source, node.start, node.start + head)
    }

    /// A text literal as a name: for what may be called by a text.
    fn text_name(&mut self, node: Node) -> Option<Name> {
        let span = self.span(node);
        match super::literal::text(span.of(self.text), span) {
            Ok(text) => Some(Name { text, span }),
            Err(finding) => {
                self.findings.push(finding);
                None
            }
        }
    }

    /// The path to a step among a node's parts, numbers of rounds included.
    fn find_step_path(&self, node: Node) -> Option<Path> {
        let path = node.find(Rule::step_path)?;
        let parts = path.children().map(|part| self.name(part)).collect();
        Some(Path { parts, span: self.span(path) })
    }

    fn find_path(&self, node: Node) -> Option<Path> {
        node.find(Rule::path).map(|path| self.path(path))
    }

    /// The text of the `##` comments that belong to the declaration at `node`.
    fn doc(&self, node: Node) -> String {
        let start = node.start;
        let before = self.comments.partition_point(|comment| (comment.span.start as usize) < start);
        let mut lines = self.docs_above(before, start);
        lines.extend(self.doc_beside(before, start));
        lines.join("\n")
    }

    fn docs_above(&self, before: usize, start: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut next = start;
        for comment in self.comments[..before].iter().rev() {
            let end = comment.span.end as usize;
            let line_start = self.text[..comment.span.start as usize].rfind('\n').map_or(0, |newline| newline + 1);
            let alone = is_empty(&self.text[line_start..comment.span.start as usize]);
            if !comment.doc || !alone || !self.text.get(end..next).is_some_and(is_gap) {
                break;
            }
            lines.push(self.doc_text(comment));
            next = line_start;
        }
        lines.reverse();
        lines
    }

    fn doc_beside(&self, after: usize, start: usize) -> Option<String> {
        let comment = self.comments.get(after).filter(|comment| comment.doc)?;
        let between = self.text.get(start..comment.span.start as usize)?.trim_end_matches([';', ' ', '\t']);
        (!between.contains(['\n', '{', ';'])).then(|| self.doc_text(comment))
    }

    fn doc_text(&self, comment: &Comment) -> String {
        comment.span.of(self.text).trim_start_matches('#').trim().to_owned()
    }
}

/// Blocks by the rule of their statements.
const HOMES: &[(Rule, &str)] = &[
    (Rule::strict_step, "`run`"),
    (Rule::strict_experiment, "an experiment, outside `run` and other blocks"),
    (Rule::strict_environment, "an environment"),
    (Rule::strict_placed, "a service of an environment"),
    (Rule::strict_service, "a service of a system"),
    (Rule::strict_limit, "`limit { }`"),
    (Rule::strict_policy, "a policy"),
    (Rule::strict_modelled, "a service of a model"),
    (Rule::strict_model, "a model"),
    (Rule::strict_test, "a test"),
    (Rule::strict_schedule, "a schedule"),
];

/// The block in which a text would be a statement.
fn home(text: &str) -> Option<&'static str> {
    HOMES.iter().find(|(strict, _)| parser::expected(*strict, text).is_none()).map(|(_, home)| *home)
}

/// Whether the line from `at` on is a statement of some block.
fn fits_elsewhere(text: &str, at: usize) -> bool {
    let line = text[at..].lines().next().unwrap_or("");
    let line = line.split_once(" #").map_or(line, |(code, _)| code).trim();
    !line.is_empty() && home(line).is_some()
}

/// The text of a statement and of what stands behind it.
fn whole<'t>(block: Node<'t>, statement: Node, surplus: Node) -> &'t str {
    let from = statement.start - block.start;
    block.text.get(from..surplus.end() - block.start).unwrap_or("").trim_end_matches([';', ' '])
}

/// The keyword that was meant by the word at a place: one that is near, and with which the statement can be read further.
fn misspelt(text: &str, at: usize, strict: Rule) -> Option<&'static str> {
    let rest = text.get(at..)?;
    let found = first_token(rest);
    if !found.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let keywords = || parser::keywords().iter().map(String::as_str);
    // What is a word of the language is not another one misspelt.
    if keywords().any(|keyword| keyword == found) {
        return None;
    }
    let near = suggest::near(found, keywords());
    let stops = |text: &str| parser::expected(strict, text).map_or(usize::MAX, |(stop, _)| stop);
    // How far it is read behind the word.
    let now = stops(text).saturating_sub(at + found.len());
    let reads_on = |keyword: &&str| {
        let mended = format!("{}{keyword}{}", &text[..at], &rest[found.len()..]);
        stops(&mended).saturating_sub(at + keyword.len()) > now
    };
    near.into_iter().find(reads_on)
}

/// A part of the text without what says nothing at its start: blanks, and the ends of empty statements.
fn without_blanks(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ';' | '\u{FEFF}'))
}

fn is_empty(text: &str) -> bool {
    without_blanks(text).is_empty()
}

/// Whether nothing but attributes stands between a comment and what it documents.
fn is_gap(mut text: &str) -> bool {
    loop {
        text = without_blanks(text);
        let Some(attribute) = text.strip_prefix('@') else { return text.is_empty() };
        let name = attribute.trim_start().trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-".contains(c));
        let arguments = name.trim_start().strip_prefix('(').and_then(|inside| inside.split_once(')'));
        text = arguments.map_or(name, |(_, behind)| behind);
    }
}

/// Where the word begins that goes on at `at` with a letter that no name has: the grammar stops in the middle of it.
fn word_start(text: &str, at: usize) -> usize {
    if text[at..].starts_with(|c: char| c.is_alphanumeric() && !c.is_ascii()) {
        let before = &text[..at];
        return before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '-').len();
    }
    at
}

/// The first thing in a text: a word, a quote, or one character.
fn first_token(text: &str) -> &str {
    let run = |fits: &dyn Fn(char) -> bool| text.find(|c: char| !fits(c)).unwrap_or(text.len());
    let word = run(&|c| c.is_alphanumeric() || "_-.".contains(c));
    let operator = run(&|c| "<>=!&|".contains(c));
    let one = text.chars().next().map_or(0, char::len_utf8);
    &text[..word.max(operator).max(one)]
}
