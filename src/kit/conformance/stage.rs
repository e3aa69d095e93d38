//! What stands for a target while a component is tried: a folder, and programs that run meanwhile.

use super::settings::{Settings, Start};
use crate::diagnostics::Diagnostic;
use crate::injector::{Declared, FoundBy};
use crate::run::process::{start, stop, wait_until_up};
use crate::run::{ProcessIntent, new_token};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// What stands for a target.
pub struct Stage {
    folder: PathBuf,
    name: String,
    programs: Vec<(ProcessIntent, bool)>,
    /// The log of a program that did not come up: it is named, and stays.
    told: Option<PathBuf>,
}

impl Stage {
    /// A new folder, and nothing that runs yet.
    ///
    /// # Errors
    /// Why there can be none.
    pub fn new() -> Result<Self, String> {
        let name = format!("conformance-{}", new_token()?.get(..12).unwrap_or_default());
        let folder = std::env::temp_dir().join(format!("chaos-{name}"));
        private(&folder).map_err(|error| format!("`{}` cannot be made: {error}", folder.display()))?;
        Ok(Self { folder, name, programs: Vec::new(), told: None })
    }

    /// Its folder, which goes with it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A name that no other has.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says what is to run.
    ///
    /// # Errors
    /// A command cannot be read.
    pub fn set(&mut self, settings: &Settings) -> Result<(), Diagnostic> {
        for (at, program) in settings.start.iter().enumerate() {
            let command = shell_words::split(&program.run);
            let command = command.map_err(|error| settings.wrong(&format!("`{}`: {error}", program.run)))?;
            let process = self.process(at, command, program);
            self.programs.push((process, program.target));
        }
        Ok(())
    }

    fn process(&self, at: usize, command: Vec<String>, program: &Start) -> ProcessIntent {
        ProcessIntent {
            name: command.first().cloned().unwrap_or_default(),
            service: String::new(),
            calls: Vec::new(),
            command,
            address: program.answers.clone(),
            log: self.folder.join(format!("start-{}.log", at + 1)),
            marker: format!("{}.{at}", self.name),
            identity: None,
        }
    }

    /// Starts what does not run: at first all, later what a fault has ended.
    ///
    /// # Errors
    /// A program does not come up.
    pub async fn up(&mut self) -> Result<(), Diagnostic> {
        for (program, _) in &mut self.programs {
            if !program.identity.is_some_and(|identity| identity.is_alive()) {
                start(program).await.map_err(|error| error.diagnostic())?;
                if let Err(error) = wait_until_up(program).await {
                    self.told = Some(program.log.clone());
                    return Err(error.diagnostic());
                }
            }
        }
        Ok(())
    }

    /// Starts the target anew: what a fault has ended may still be on its way out.
    ///
    /// # Errors
    /// It cannot be ended, or does not come up.
    pub async fn anew(&mut self) -> Result<(), Diagnostic> {
        for (program, _) in self.programs.iter_mut().filter(|(_, target)| *target) {
            stop(program).await.map_err(|error| error.diagnostic())?;
            program.identity = None;
        }
        self.up().await
    }

    /// The processes of the target.
    pub fn processes(&self) -> Vec<Declared> {
        let targets = self.programs.iter().filter(|(_, target)| *target);
        let declared = |(program, _): &(ProcessIntent, bool)| Declared {
            instance: program.name.clone(),
            by: FoundBy::Marker(program.marker.clone()),
        };
        targets.map(declared).collect()
    }

    /// Ends what runs, and removes the folder, but for a log that was named. Gives what could not be ended.
    pub async fn down(self) -> Vec<Diagnostic> {
        let mut left = Vec::new();
        for (program, _) in self.programs.iter().rev().filter(|(program, _)| program.identity.is_some()) {
            if let Err(error) = stop(program).await {
                left.push(error.diagnostic());
            }
        }
        let kept = self.told.and_then(|log| Some((log.clone(), std::fs::read(&log).ok()?)));
        let _left_for_the_system_to_remove = std::fs::remove_dir_all(&self.folder);
        if let Some((log, said)) = kept {
            let _lost = private(&self.folder).and_then(|()| std::fs::write(log, said));
        }
        left
    }
}

/// Makes a folder that only this user can enter.
fn private(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}
