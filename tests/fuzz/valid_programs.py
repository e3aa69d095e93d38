#!/usr/bin/env python3
"""Random valid programs: none may give a finding.

valid_programs.py FIRST N FOLDER   writes those of the seeds FIRST to FIRST + N - 1
The same seed gives the same program."""
import os, random, re, sys

NAMES = ["web", "checkout", "payment", "inventory", "orders", "pay-api", "user_db", "cache2", "rate", "test-run", "limit", "edge"]
METRICS = ["success", "latency", "backlog", "lost", "oldest", "memory", "accepted", "load", "depth", "drift", "size", "errors-5xx", "in", "when", "step"]
TYPES = ["ratio", "ratio", "ratio", "duration", "count", "bytes", "frequency", "counter", "distribution<duration>", "distribution<bytes>", "int", "float", "points"]

METRIC = re.compile(r"[a-z][\w-]*\.[a-z]\w*")


class Gen:
    def __init__(self, seed):
        self.r = random.Random(seed); self.out = []; self.steps = 0; self.lets = {}; self.params = {}
        self.parts = self.maybe(.5)   # either shares below 100%, or `of affected`: both together ask for a source that tells them apart
    def one(self, *of): return self.r.choice(of)
    def maybe(self, p): return self.r.random() < p
    def line(self, depth, text): self.out.append("  " * depth + text)

    # --- values
    def value(self, ty):
        r = self.r
        return {"ratio": lambda: f"{r.choice([5, 10, 50, 80, 90, 95, 99, 99.5])}%", "duration": lambda: self.one("450ms", "1s", "1.5s", "30s", "1m30s", "2 * 30s", "50% of 30s"),
                "count": lambda: str(r.randint(1, 500)), "bytes": lambda: self.one("10MiB", "512KiB", "1GB", "2 * 10MiB", "10MiB + 1KiB"), "frequency": lambda: self.one("50/s", "600/m", "10 / 1s"),
                "int": lambda: str(r.randint(-5, 500)), "float": lambda: self.one("0.5", "1.5", "3", "2 * 1.25"), "points": lambda: self.one("2pp", "0.5pp", "-1pp")}[ty]()
    def reading(self, service, metric, ty, window=10, cohort=""):
        """An expression over a metric and its type. Windows are at most `window` seconds."""
        name = f"{service}.{metric}{cohort}"
        over = self.one("", f" over {window}s", "")
        if ty == "counter": return (f"rate({name}{over})", "frequency")
        if ty.startswith("distribution"):
            return (f"{self.one('p95', 'p50', 'p99', 'mean', 'max')}({name}{over})", ty[13:-1])
        if ty == "ratio": return (name, ty) if self.maybe(.8) else (f"avg({name}{over})", ty)
        if self.maybe(.3): return (f"{self.one('avg', 'min', 'max', 'mean')}({name}{over})", ty)
        return (name, ty)
    def comparison(self, services=None, window=10, baseline=True, affected=False):
        service = self.one(*(services or self.services)); metric, ty = self.one(*self.metrics[service].items())
        cohort = " of affected" if affected and ty in ("ratio", "counter", "distribution<duration>") and self.maybe(.5) else ""
        left, of = self.reading(service, metric, ty, window, cohort)
        op = self.one("<", "<=", ">", ">=")
        if baseline and self.maybe(.25):
            right = self.one("baseline", "90% of baseline", "150% of baseline")
            # An SLO may bound a share so that it cannot rise by half, which is E0412.
            return f"{left} {op} {right.replace('150%', '95%') if ty == 'ratio' else right}"
        right = self.value(of)
        if of == "ratio" and self.maybe(.2): right = f"{right} - 2pp"
        lets = [name for name, t in self.lets.items() if t == of]
        if lets and self.maybe(.4): right = self.one(*lets)
        if baseline is not None and self.maybe(.1): return f"{right} {op} {left}"
        return f"{left} {op} {right}"
    def condition(self, **how):
        first = self.comparison(**how)
        kind = self.r.random()
        if kind < .12: return f"{first} and {self.comparison(**how)}"
        if kind < .2:
            other = self.comparison(**how)
            # Two ways of one metric may be one that always holds, which is E0412.
            return first if METRIC.findall(first) and set(METRIC.findall(first)) & set(METRIC.findall(other)) else f"({first} or {other})"
        if kind < .26: return f"not {first}"
        if kind < .32: return f"{first} and\n        {self.comparison(**how)}"
        return first

    # --- declarations
    def system(self):
        r = self.r
        self.services = r.sample(NAMES, r.randint(1, 6)); self.metrics = {}; self.slos = 0; self.forward = True
        self.line(0, "system shop {")
        for at, service in enumerate(self.services):
            metrics = {m: self.one(*TYPES) for m in r.sample(METRICS, r.randint(0, 4))}
            if at == 0: metrics["success"] = "ratio"
            self.metrics[service] = metrics
            self.line(1, f"service {service} {{")
            calls = [s for s in self.services if s != service and self.maybe(.3)]
            self.forward &= all(self.services.index(called) > at for called in calls)   # no circle, so a model can last
            if calls: self.line(2, "calls " + ", ".join(calls))
            elif self.maybe(.2): self.line(2, "external")
            for metric, ty in metrics.items():
                bounds = {"ratio": " in 0%..100%", "count": " in 0..100000", "duration": " in 0s..1h"}.get(ty, "") if self.maybe(.15) else ""
                self.line(2, f"metric {metric}: {ty}{bounds}" + self.one("", "   ## what it counts", "   # a note"))
            for metric, ty in metrics.items():
                if self.maybe(.4) or (at == 0 and metric == "success"):
                    left, of = self.reading(service, metric, ty); left = left.replace(f"{service}.{metric}", metric)
                    self.line(2, f"slo {left} {self.one('<=', '>=')} {self.value(of)}" + (" over 30d" if self.maybe(.2) else "")); self.slos += 1
            self.line(1, "}")
        self.line(0, "}"); self.line(0, "")
        self.read = [s for s in self.services if self.metrics[s]]
    def constants(self):
        for at in range(self.r.randint(0, 4)):
            ty = self.one("ratio", "duration", "count", "bytes", "frequency")
            text = self.value(ty)
            self.line(0, f"let c-{at} = {text}" + ("   ## a constant" if self.maybe(.3) else ""))
            self.lets[f"c-{at}"] = "int" if ty == "count" else ty
        self.line(0, 'let why = "because"'); self.line(0, "")
    def environment(self):
        self.line(0, "environment local for shop {")
        if self.maybe(.7): self.line(1, f"tier {self.one('development', 'test', 'staging', 'production')}")
        self.killable = []
        if self.maybe(.3): self.line(1, 'secrets "TOKEN", "OTHER"')
        for at, service in enumerate(self.services):
            several = self.maybe(.3)
            parts = [f'instances "http://127.0.0.1:{7300 + at}", "http://127.0.0.1:{7400 + at}"' if several else f'url "http://127.0.0.1:{7300 + at}"', f'through "127.0.0.1:{7500 + at}"']
            if self.maybe(.3): parts.append(f'admin "127.0.0.1:{7700 + at}"')
            if self.maybe(.4): parts += ['start "shop run --port {port}"', "restarts by runner after 1s"]; self.killable.append(service)
            elif self.maybe(.3): parts.append("restarts by orchestrator"); self.killable.append(service)
            if self.maybe(.5): self.line(1, f"service {service} {{ " + "; ".join(parts) + " }")
            else:
                self.line(1, f"service {service} {{"); [self.line(2, p) for p in parts]; self.line(1, "}")
        self.line(1, 'source app = scrape("http://127.0.0.1:7999/metrics", every: 1s)')
        self.line(1, 'source prom = prometheus("http://127.0.0.1:9090", every: 1s, scrape: 1s' + (', token: secret("TOKEN")' if self.maybe(.4) else "") + ")")
        for service, metrics in self.metrics.items():
            for metric, ty in metrics.items():
                name = f"{service}_{metric}".replace("-", "_")
                if ty == "counter": how = f"app.counter(`{name}_total`)"
                elif ty == "distribution<duration>": how = self.one(f"app.histogram(`{name}_seconds`)", f"app.histogram(`{name}`, unit: 1ms)", f"proxy.latency({service})")
                elif ty == "distribution<bytes>": how = f"app.histogram(`{name}_bytes`)"
                elif ty == "ratio": how = self.one(f"app.ratio(good: `{name}{{code!~\"5..\"}}`, all: `{name}`)", f"app.gauge(`{name}_ratio`)", f"proxy.success({service})", f"prom.query(`sum(rate({name}[1m]))`)")
                elif ty == "duration": how = self.one(f"app.gauge(`{name}_seconds`)", f"app.gauge(`{name}`, unit: 1ms)")
                else: how = self.one(f"app.gauge(`{name}`)", f"prom.query(`sum({name}) by (job)`)", f"prom.query(`sum({name})`)")
                self.line(1, f"bind {service}.{metric} = {how}")
        self.line(1, "allow http.*, process.kill on " + ", ".join(self.services))
        if self.maybe(.3): self.line(1, 'requires label "chaos=on"')
        if self.maybe(.3): self.line(1, 'silence alertmanager("http://127.0.0.1:9093") matching { service = "a", team =~ "b.*" }')
        self.line(1, "limit { traffic <= 100%; concurrent <= 8; instances <= 5; exposure <= 100h }")
        self.line(0, "}"); self.line(0, "")
    def scenarios(self):
        self.drill = self.maybe(.6); self.brown = self.maybe(.5)
        if self.drill:
            self.line(0, "scenario drill(target: service, watched: service { success: ratio }, pause: duration in 20s..2m = 30s, rate: ratio in 1%..50% = 5%, mode: enum(soft, hard) = soft) {")
            self.line(1, "inject http.error(target, rate: rate) as level for pause {"); self.line(2, "expect always watched.success >= 1%"); self.line(1, "}")
            if self.slos: self.line(1, "expect steady within 60s holding 10s as healed"); self.line(1, "wait 5s after healed")
            self.line(0, "}"); self.line(0, "")
        if self.brown:
            self.line(0, "scenario brownout(target: service, levels: list<ratio>, good: signal<ratio>) {")
            self.line(1, f"escalate rate over levels every 2m{self.one('', ' reaching 10%')} {{")
            self.line(2, "inject http.error(target, rate: rate) as level for 30s { expect always good >= 1%; expect good >= 2% for at least 50% of block }")
            if self.drill: self.line(2, "drill(target, watched: target2)".replace("target2", "target")) if False else None
            self.line(1, "}"); self.line(0, "}"); self.line(0, "")
    def policies(self):
        asked = ["require confirmed on local within 14d", 'deny time outside "Mon-Fri 09:00-16:00 Europe/Berlin"', 'require approval from "sre" if plan.exposure > 10m']
        # Rules that any experiment may break stand where they do not apply; rules that all keep stand anywhere.
        strict = ["require limit.traffic <= 5%", "require abort", "require recovery", "deny fault.class == irreversible", "deny plan.concurrent > 2 or plan.traffic > 50%", "deny fault.class != leased if environment.tier != development"]
        kept = ["require limit.traffic <= 100% and limit.concurrent <= 8", 'require environment.name != "elsewhere"', "deny limit.exposure > 100h", "deny plan.traffic > 100%", 'deny fault.target == "nobody"', 'require abort if environment.name == "elsewhere"']
        for at in range(self.r.randint(0, 2)):
            when = self.one("", ' when environment.name == "elsewhere"', ' when environment.name == "elsewhere" and plan.exposure > 10m')
            self.line(0, f"policy guard-{at} {self.one('', chr(34) + 'what may run' + chr(34))}{when} {{")
            for _ in range(self.r.randint(1, 4)):
                rule = self.one(*asked, *(strict if when else kept))
                self.line(1, rule + self.one("", ' because "safety"', " because why", '\n    because "safety"'))
            self.line(0, "}"); self.line(0, "")

    def name(self): self.steps += 1; return f"s{self.steps}"
    def kept(self, **how):
        """A condition that can hold together with those before it in the block: no metric stands in two."""
        for _ in range(20):
            condition = self.condition(**how); metrics = re.findall(r"[A-Za-z][\w-]*\.[A-Za-z][\w-]*", condition)
            if len(set(metrics)) == len(metrics) and not self.always & set(metrics):
                self.always |= set(metrics); return condition
        return "steady"
    def expectation(self, phase, affected):
        if phase < 25: return f"expect always {self.kept(services=self.read, window=10, affected=affected)}"
        kind = self.r.random()
        if kind < .4: return f"expect always {self.kept(services=self.read, affected=affected)}"
        if kind < .5: return f"expect never {self.condition(services=self.read)}"
        if kind < .65: return f"expect {self.condition(services=self.read)} within 15s" + self.one("", " holding 5s")
        if kind < .8: return f"expect {self.condition(services=self.read)} for at least {self.one('50%', '95%', '99.9%')} of block"
        # A sample a second: so many as a comparison needs.
        service = self.one(*self.read); metric, ty = self.one(*self.metrics[service].items()); name = f"{service}.{metric}"
        if ty == "counter": left, of = f"rate({name} over 1s)", "frequency"
        elif ty.startswith("distribution"): left, of = f"{self.one('p95', 'p50', 'mean')}({name} over 1s)", ty[13:-1]
        else: left, of = name, ty
        if of in ("int", "points") : return f"expect {left} unchanged by 20%"
        margin = {"ratio": "2pp", "duration": "50ms", "count": "5", "bytes": "1MiB", "frequency": "5/s", "float": "0.5"}[of]
        higher = "lower" if of == "ratio" else "higher"  # where an SLO asks for 99%, no share is higher by 2pp
        return self.one(f"expect {left} no lower than baseline by {margin}", f"expect {left} no {higher} than baseline by {margin}", f"expect {left} unchanged by 5%")
    def inject(self, depth, services, bound=""):
        target = self.one(*services); phase = self.one(20, 30, 45, 60, 120); name = self.name(); self.always = set()
        partial = self.parts and self.maybe(.3)
        traffic = self.one(", traffic: limit.traffic", ", traffic: 50%") if partial else ""
        rate = self.one("", f", rate: {bound}" if bound else ", rate: 40%", ", rate: p-rate" if "p-rate" in self.params else "", ", rate: 2 * 10%")
        fault = self.one(f"http.error({target}, status: {self.one(500, 503, 599)}{traffic}{rate})", f"http.error({target}{traffic}{rate})", f"http.latency({target}, delay: {self.one('200ms', '2 * 100ms', '1s')}, jitter: 50ms{traffic}{rate})")
        head = f"inject {fault} as {name}{self.one(' ', chr(10) + '  ' * depth + '    ')}for {phase}s"
        if self.maybe(.25): self.line(depth, head)
        else:
            self.line(depth, head + " {")
            for _ in range(self.r.randint(1, 3)): self.line(depth + 1, self.expectation(phase, not self.parts and self.maybe(.3)))
            self.line(depth, "}")
        return name
    def step(self, depth, services, room):
        kind = self.r.random()
        if kind < .3 or depth > 4: self.inject(depth, services)
        elif kind < .4: self.line(depth, f"wait {self.one('5s', '1m - 10s', '30s')}" + self.one("", f" as {self.name()}"))
        elif kind < .5: self.line(depth, f"expect {self.condition(services=self.read)} within 60s" + self.one("", " holding 10s", "\n" + "  " * depth + "    holding 10s"))
        elif kind < .55: self.line(depth, f"wait until {self.condition(services=self.read)} within 2m")
        elif kind < .58: self.line(depth, "wait until stable within 2m")
        elif kind < .61: self.line(depth, 'call http.get(url: "http://127.0.0.1:7300/health")' + self.one("", f" as {self.name()}"))
        elif kind < .63: self.line(depth, 'approve "Go on?" within 15m')
        elif kind < .7 and len(services) > 1:
            cut = self.r.randint(1, len(services) - 1); parts = self.r.sample(services, len(services)); first = None
            self.line(depth, "parallel {")
            for part in (parts[:cut], parts[cut:]):
                self.line(depth + 1, "sequence {")
                for _ in range(self.r.randint(1, 2)): self.step(depth + 2, part, room)
                name = self.inject(depth + 2, part); first = first or name
                self.line(depth + 1, "}")
            if self.maybe(.5): self.line(depth + 1, f"wait 5s after {first}{self.one('', ' starts + 10s', ' starts')}")
            self.line(depth, "}")
        elif kind < .76:
            self.line(depth, f"when {self.condition(services=self.read)} {{"); self.step(depth + 1, services, room); self.line(depth, "}")
            if self.maybe(.5): self.out[-1] += self.one(" else {", "\n" + "  " * depth + "else {"); self.step(depth + 1, services, room); self.line(depth, "}")
        elif kind < .82: self.line(depth, f"repeat {self.r.randint(1, 3)}{self.one('', ' every 3m')} {{"); self.step(depth + 1, services, room); self.line(depth, "}")
        elif kind < .88:
            self.line(depth, f"escalate level over [5%, 10%, 20%]{self.one('', ' every 3m')}{self.one('', ' reaching 10%')} {{"); self.inject(depth + 1, services, "level"); self.line(depth, "}")
        elif kind < .93 and self.drill:
            watched = self.one(*[s for s in self.services if self.metrics[s].get("success") == "ratio"])
            self.line(depth, f"drill({self.one(*services)}, {watched}{self.one('', ', pause: 45s', ', mode: hard', ', rate: 10%')})" + self.one("", f" as {self.name()}"))
        elif self.brown:
            good = self.one(*[f"{s}.{m}" for s in self.services for m, t in self.metrics[s].items() if t == "ratio"])
            self.line(depth, f"brownout({self.one(*services)}, levels: [5%, 10%, 20%], good: {good})" + self.one("", f" as {self.name()}"))
        elif self.killable and set(self.killable) & set(services):
            self.line(depth, f"inject process.kill({self.one(*[s for s in self.killable if s in services])}, count: 1) as {self.name()} until {self.condition(services=self.read, baseline=False)} within 60s holding 10s")
        else: self.inject(depth, services)
    def experiment(self):
        self.line(0, "## What it is about."); self.line(0, "experiment outage on shop {")
        if self.maybe(.5): self.line(1, 'id "A-1"')
        self.line(1, self.one('hypothesis "If it fails, nobody notices."', "hypothesis why"))
        if self.maybe(.5): self.line(1, 'owner "team"'); self.line(1, 'tags "a", "b"')
        if self.maybe(.5): self.params["p-rate"] = "ratio"; self.line(1, "param p-rate: ratio in 1%..100% = 40%")
        if self.maybe(.3): self.line(1, "param other: duration in 10s..1m = 20s")
        if self.maybe(.4): self.line(1, "window 5s" if self.maybe(.5) else "window 10s")
        self.line(1, "baseline 4m")  # enough windows to compare
        if self.maybe(.2): self.line(1, "no data for 30s")
        if self.maybe(.3): self.line(1, "steady {"); self.line(2, self.comparison(services=self.read, baseline=False)); self.line(1, "}")
        self.line(1, "limit {"); self.line(2, "services " + ", ".join(self.services)); self.line(2, "bends " + ", ".join(self.services)); self.line(2, "concurrent <= 8; instances <= 100%")
        if self.maybe(.4): self.line(2, "exposure <= 90h; timeout <= 200h; traffic <= 100%")
        if self.maybe(.1): self.line(2, 'namespaces "shop"; hosts "127.0.0.1"')
        self.line(1, "}")
        for _ in range(self.r.randint(0, 2)):
            c = self.condition(services=self.read); self.line(1, f"abort when {c}{self.one('', ' for 5s', ' for 3 samples', chr(10) + '    for 5s')}")
        if self.maybe(.2): self.line(1, f"abort when spike({self.services[0]}.success) > 3")
        if self.maybe(.2): self.line(1, f"abort when likely({self.services[0]}.success < 20%)")
        self.line(1, "run {")
        self.line(2, f"inject http.error({self.one(*self.services)}) as first for 1m {{"); self.line(3, f"expect always {self.services[0]}.success >= 50%"); self.line(2, "}")
        for _ in range(self.r.randint(0, 5)): self.step(2, self.services, 3)
        if self.slos: self.line(2, "expect steady within 60s holding 10s")
        self.line(1, "}")
        if self.maybe(.4): self.line(1, f"expect {self.one('always', 'never')} {self.condition(services=self.read)}")
        self.line(0, "}"); self.line(0, "")
    def models(self):
        self.rush = self.maybe(.6) and self.forward
        if self.rush:
            a, b = self.services[0], self.one(*self.services)
            own = self.one('', 'workers 40', 'workers 40; takes 5ms', 'workers 50; queue 20; fails 1%')
            self.line(0, f'model rush of shop {{ arrivals {a} 5/s; service {b} {{ {own} }} }}'); self.line(0, '')
    def tests(self):
        toy = self.one('', 'model rush; ') if self.rush else self.one('', f'model {{ arrivals {self.services[0]} 2/s }}; ' if self.forward else '')
        if self.maybe(.4): self.line(0, f'test "it holds" of outage in local {{ {toy}given steady; given {self.services[0]}.success = 99% from 5s into first; expect verdict confirmed; expect first reverted within 15s of first }}')
        if self.maybe(.3): self.line(0, 'schedule nightly of outage in local { cron "0 3 * * 1-5"; timezone "Europe/Berlin"' + ("; set p-rate = 10%" if self.params else "") + " }")
    def program(self):
        self.line(0, "use std.http"); self.line(0, "use std.process"); self.line(0, "")
        self.system(); self.constants(); self.environment(); self.scenarios(); self.policies(); self.experiment(); self.models(); self.tests()
        return "\n".join(self.out) + "\n"

def main():
    first, count, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    for seed in range(first, first + count):
        with open(os.path.join(folder, f"{seed}.chaos"), "w", encoding="utf-8") as file:
            file.write(Gen(seed).program())


main()
