//! Whether this process is in a container that ends with the run.

/// What is seen of the processes around this one.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// Whether process numbers are the machine's own.
    initial: bool,
    /// Whether this is a container all the same, by its control group.
    shares: bool,
    /// This process and those above it, from below: numbers and names.
    above: Vec<(u32, String)>,
    /// Whether the topmost of them is in the control group of process 1.
    with_the_first: bool,
}

/// Why what runs here is killed when the run ends or is killed; nothing where it is not.
pub fn ends_with_the_run() -> Option<String> {
    if cfg!(target_os = "linux") { ends(&seen()) } else { None }
}

/// The first process of a container ends it, and takes all others along. It is a matter of who that is:
///
/// - a system that was booted (WSL, a system container) stays;
/// - one of which the runner is a descendant waits for the runner, or for the step it is in: `docker run`, also with `--init`,
///   and most CI jobs;
/// - one of which it is none was there before and stays after it: `docker exec`, `kubectl exec`.
fn ends(seen: &Seen) -> Option<String> {
    let killed_whole = "a container that shares the machine's processes is killed whole when its own first one ends";
    if seen.initial {
        return seen.shares.then(|| killed_whole.to_owned());
    }
    let last = seen.above.len().saturating_sub(1);
    match seen.above.last() {
        None => Some("the processes of this container cannot be seen".to_owned()),
        Some((1, _)) if last == 0 => Some("the runner is the first process of this container".to_owned()),
        Some((1, name)) if boots(name) => None,
        Some((1, name)) => {
            Some(format!("this container ends with `{name}`, its first process, which the runner is started by"))
        }
        Some(_) if seen.with_the_first => None,
        Some((_, name)) => {
            Some(format!("this container ends with `{name}`, the first of its processes in a shared space"))
        }
    }
}

/// The names of first processes that keep a system running. Those of `docker run --init` are others.
fn boots(name: &str) -> bool {
    matches!(name, "systemd" | "init" | "openrc-init") || name.starts_with("init(")
}

/// The kernel's number for the namespace of the machine's own processes (`PROC_PID_INIT_INO`).
const INITIAL: &str = "pid:[4026531836]";

fn seen() -> Seen {
    let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
    let mut above = Vec::new();
    let mut next = Some(std::process::id());
    while let Some((pid, stat)) =
        next.and_then(|pid| Some((pid, std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)))
    {
        let Some((name, parent)) = parsed(&stat) else { break };
        above.push((pid, name));
        next = Some(parent).filter(|parent| *parent > 0);
    }
    let top = above.last().map_or(0, |(pid, _)| *pid);
    Seen {
        initial: std::fs::read_link("/proc/self/ns/pid").is_ok_and(|link| link.as_os_str() == INITIAL),
        shares: shares(&read("/proc/self/cgroup".to_owned()), &read("/proc/1/cgroup".to_owned())),
        with_the_first: read(format!("/proc/{top}/cgroup")) == read("/proc/1/cgroup".to_owned()),
        above,
    }
}

/// Whether a process with this control group is in a container: it lies in one of an engine's, or the first process of the
/// machine lies outside of all that it sees. Files such as `/.dockerenv` tell nothing: virtual machines are made of images too.
fn shares(own: &str, first: &str) -> bool {
    const ENGINES: &[&str] = &["docker", "containerd", "kubepods", "libpod", "crio"];
    let in_an_engine = |line: &str| {
        let path = line.rsplit(':').next().unwrap_or_default();
        path.split('/').any(|part| ENGINES.iter().any(|engine| part.starts_with(engine)) && !part.ends_with(".service"))
    };
    own.lines().any(in_an_engine) || first.lines().any(|line| line.contains(":/.."))
}

/// Name and parent in `/proc/PID/stat`; the name may hold anything, brackets too.
fn parsed(stat: &str) -> Option<(String, u32)> {
    let (left, fields) = stat.rsplit_once(") ")?;
    let (_, name) = left.split_once('(')?;
    Some((name.to_owned(), fields.split(' ').nth(1)?.parse().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Seen, ends, parsed, shares};

    fn inside(above: &[(u32, &str)]) -> Seen {
        let above = above.iter().map(|(pid, name)| (*pid, (*name).to_owned())).collect();
        Seen { above, with_the_first: true, ..Seen::default() }
    }

    #[test]
    fn a_machine_keeps_what_runs_on_it() {
        let machine = Seen { initial: true, ..inside(&[(812, "chaos"), (1, "systemd")]) };
        assert_eq!(ends(&machine), None);
        assert!(ends(&Seen { shares: true, ..machine }).unwrap().contains("shares the machine's processes"));
    }

    #[test]
    fn a_container_ends_with_those_above_the_runner() {
        let why = |above: &[(u32, &str)]| ends(&inside(above)).unwrap_or_default();
        assert!(why(&[(1, "chaos")]).contains("the runner is the first process"), "docker run, or a job of Kubernetes");
        assert!(why(&[(31, "chaos"), (7, "bash"), (1, "sh")]).contains("ends with `sh`"), "a step of GitLab");
        assert!(why(&[(7, "chaos"), (1, "docker-init")]).contains("ends with `docker-init`"), "docker run --init");
        assert!(why(&[(90, "chaos"), (1, "java")]).contains("`java`"), "an agent of Jenkins looks the same");
        assert!(why(&[]).contains("cannot be seen"));
    }

    #[test]
    fn one_that_was_there_before_stays() {
        assert_eq!(ends(&inside(&[(44, "chaos"), (38, "sh")])), None, "docker exec, kubectl exec, a job of GitHub");
        assert_eq!(ends(&inside(&[(44, "chaos"), (1, "systemd")])), None, "a system container");
        assert_eq!(ends(&inside(&[(44, "chaos"), (1, "init(Ubuntu)")])), None, "WSL");
    }

    #[test]
    fn in_a_shared_space_the_first_process_is_another_containers() {
        let pod = Seen { with_the_first: false, ..inside(&[(44, "chaos"), (38, "sh")]) };
        assert!(ends(&pod).unwrap().contains("`sh`, the first of its processes"));
    }

    #[test]
    fn a_container_among_the_machines_processes_is_told_by_its_control_group() {
        assert!(shares("0::/\n", "0::/../../init.scope\n"), "docker run --pid=host");
        assert!(shares("0::/system.slice/docker-4f1a.scope\n", "0::/init.scope\n"));
        assert!(shares("4:memory:/kubepods/burstable/pod1/2\n", "4:memory:/\n"));
        assert!(!shares("0::/user.slice/user-1000.slice/session-2.scope\n", "0::/init.scope\n"));
        assert!(!shares("0::/system.slice/docker.service\n", "0::/init.scope\n"), "the engine itself");
        assert!(!shares("0::/\n", "0::/\n"));
    }

    #[test]
    fn a_name_may_hold_anything() {
        assert_eq!(parsed("12 (a) b (c) S 7 12 12"), Some(("a) b (c".to_owned(), 7)));
        assert_eq!(parsed("12"), None);
    }
}
