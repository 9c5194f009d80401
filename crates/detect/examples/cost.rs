use heptagon_detect::{Matcher, RuleFile, RuleSet};
use heptagon_model::{Fields, Limits};
use heptagon_parse::{Record, RecordMeta, RecordProblem, Sink, parse_all};
use std::collections::BTreeMap;
fn cpu() -> u64 {
    std::fs::read_to_string("/proc/self/schedstat")
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}
struct S<'m> {
    m: Option<&'m Matcher>,
    out: Vec<u32>,
    n: u64,
    hits: u64,
    names: BTreeMap<(String, String), u64>,
    collect: bool,
}
impl Sink for S<'_> {
    fn record(&mut self, _: &RecordMeta, r: &Record<'_>) {
        self.n += 1;
        if self.collect {
            let k = r.fields().event_key();
            *self.names.entry((k.0.into(), k.1.into())).or_default() += 1;
        }
        if let Some(m) = self.m {
            match r {
                Record::CloudTrail(c) => m.evaluate(c, &mut self.out),
                Record::Invocation(i) => m.evaluate(i.as_ref(), &mut self.out),
            };
            self.hits += self.out.len() as u64;
        }
    }
    fn notice(&mut self, _: &RecordMeta, _: &str) {}
    fn problem(&mut self, _: RecordProblem) {}
}
fn run(files: &[Vec<u8>], m: Option<&Matcher>) -> (u64, u64, u64) {
    let mut s = S { m, out: vec![], n: 0, hits: 0, names: BTreeMap::new(), collect: false };
    let t = cpu();
    for f in files {
        parse_all(f, &Limits::DEFAULT, &mut s);
    }
    (cpu() - t, s.n, s.hits)
}
struct W<'a>(&'a dyn Fields, std::cell::RefCell<&'a mut BTreeMap<String, (u64, u64)>>);
impl Fields for W<'_> {
    fn log_source(&self) -> heptagon_model::LogSource {
        self.0.log_source()
    }
    fn event_key(&self) -> (&str, &str) {
        self.0.event_key()
    }
    fn field(&self, p: &str) -> Option<heptagon_model::FieldValue<'_>> {
        let t = std::time::Instant::now();
        let v = self.0.field(p);
        let d = t.elapsed().as_nanos() as u64;
        let mut m = self.1.borrow_mut();
        let e = m.entry(p.into()).or_default();
        e.0 += 1;
        e.1 += d;
        v
    }
    fn visit_strings(&self, v: &mut dyn FnMut(&str)) {
        let mut m = self.1.borrow_mut();
        m.entry("*".into()).or_default().0 += 1;
        self.0.visit_strings(v)
    }
    fn to_json(&self) -> serde_json::Value {
        self.0.to_json()
    }
}
struct C<'m> {
    m: &'m Matcher,
    out: Vec<u32>,
    counts: BTreeMap<String, (u64, u64)>,
}
impl Sink for C<'_> {
    fn record(&mut self, _: &RecordMeta, r: &Record<'_>) {
        let w = W(r.fields(), std::cell::RefCell::new(&mut self.counts));
        self.m.evaluate(&w, &mut self.out);
    }
    fn notice(&mut self, _: &RecordMeta, _: &str) {}
    fn problem(&mut self, _: RecordProblem) {}
}
fn main() {
    let files: Vec<Vec<u8>> = std::env::args().skip(1).map(|p| std::fs::read(p).unwrap()).collect();
    let mut s = S { m: None, out: vec![], n: 0, hits: 0, names: BTreeMap::new(), collect: true };
    for f in &files {
        parse_all(f, &Limits::DEFAULT, &mut s);
    }
    let names: Vec<(String, String)> = s.names.keys().cloned().collect();
    println!("{} records, {} names", s.n, names.len());
    let own: Vec<RuleFile> = heptagon_content::rules()
        .into_iter()
        .map(|f| RuleFile { path: f.path.into(), text: f.text.into() })
        .collect();
    let mut own45 = own.clone();
    own45.truncate(45);
    let mut syn = own45.clone();
    let mut n = 0;
    let mut add = |det: String| {
        n += 1;
        let n = n;
        syn.push(RuleFile{ path: format!("s{n}.yml"), text: format!("title: S{n}\nid: s-{n}\nlevel: low\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  sel: {det}\n  failed: {{errorCode|exists: true}}\n  condition: sel and not failed\n") });
    };
    for i in 0..560 {
        if i % 2 == 0 {
            let (a, b) = &names[(i * 7) % names.len()];
            add(format!(
                "{{eventSource: {a}, eventName: {b}, requestParameters.name|contains: 'evil{i}'}}"
            ));
        } else {
            add(format!("{{eventSource: svc{}.amazonaws.com, eventName: DoThing{i}}}", i % 40));
        }
    }
    let agents = [
        "kali",
        "parrot",
        "pacu",
        "boto3/0.",
        "curl/",
        "Go-http",
        "python-requests",
        "S3 Browser",
        "rclone",
        "cloudfox",
    ];
    for i in 0..120 {
        let (a, _) = &names[(i * 11) % names.len()];
        add(match i % 4 {
            0 => format!("{{eventSource: {a}, userAgent|contains: '{}{i}'}}", agents[i % 10]),
            1 => format!(
                "{{eventSource: {a}, userIdentity.type: Root, sourceIPAddress: 198.51.100.{i}}}"
            ),
            2 => format!("{{eventSource: {a}, eventName|startswith: Delet{i}}}"),
            _ => format!("{{eventSource: {a}, userIdentity.arn|endswith: ':user/u{i}'}}"),
        });
    }
    for i in 0..120 {
        add(match i % 6 {
            0 => format!("{{userAgent|contains: '{}{i}'}}", agents[i % 10]),
            1 => format!("{{userIdentity.arn|contains: 'role/evil{i}'}}"),
            2 => format!("{{sourceIPAddress|startswith: '203.0.{i}.'}}"),
            3 => format!("{{eventName|startswith: Zap{i}}}"),
            4 => format!("{{errorCode: Error{i}}}"),
            _ => format!("{{userIdentity.userName: evil{i}, requestParameters.x: y}}"),
        });
    }
    let extras = ["userAgent|contains: ['kali', 'parrot', 'pentoo']","sourceIPAddress|cidr: ['203.0.113.0/24']","errorCode: ['UnauthorizedOperation', 'Client.UnauthorizedOperation']","userIdentity.type: Root","requestParameters.description|contains: 'temporary'","userIdentity.arn|endswith: '/breakglass'","requestParameters.name|re: '^(tmp|test)-[0-9a-f]{8}$'","additionalEventData.MFAUsed: 'No'"];
    let broad = ["userAgent|contains: ['scoutsuite', 'pacu', 'prowler', 'cloudfox']","sourceIPAddress|cidr: ['192.0.2.0/25', '198.51.100.0/25']","eventName|startswith: ['Export', 'Unshare']","userIdentity.sessionContext.sessionIssuer.userName|contains: 'breakglass'","errorMessage|contains: 'explicit deny in a service control policy'","eventName|endswith: ['Quota', 'Blocklist']"];
    let bench = |n: usize| (0..n).map(|i| { let (src, name) = &names[i * 37 % names.len()]; let sel = match i % 20 { at if at < 14 && at % 2 == 0 => format!("{{eventSource: {src}, eventName: {name}, {}}}", extras[i / 2 % 8]), at if at < 14 => format!("{{eventSource: {src}, eventName: {name}Legacy{}}}", i/20), at if at < 17 => format!("{{eventSource: {src}, {}}}", extras[i % 8]), _ => format!("{{{}}}", broad[i % 6]) }; RuleFile { path: format!("b{i}.yml"), text: format!("title: B{i}\nid: b-{i}\nlevel: low\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  sel: {sel}\n  condition: sel\n") } }).collect::<Vec<_>>();
    let mut distinct = bench(680); distinct.retain(|r| r.text.contains("eventSource"));
    for i in 0..120usize { let sel = match i % 6 { 0 => format!("{{userAgent|contains: ['scout{i}', 'pac{i}']}}"), 1 => format!("{{sourceIPAddress|cidr: ['192.0.{i}.0/25']}}"), 2 => format!("{{eventName|startswith: ['Zexport{i}', 'Unshare{i}']}}"), 3 => format!("{{userIdentity.sessionContext.sessionIssuer.userName|contains: 'breakglass{i}'}}"), 4 => format!("{{errorMessage|contains: 'explicit deny {i}'}}"), _ => format!("{{eventName|endswith: ['Quota{i}', 'Blocklist{i}']}}") }; distinct.push(RuleFile { path: format!("d{i}.yml"), text: format!("title: D{i}\nid: d-{i}\nlevel: low\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  sel: {sel}\n  condition: sel\n") }); }
    let sets: Vec<(&str, Vec<RuleFile>)> = vec![("own 45", own45), ("own all", own), ("845", syn), ("bench45", bench(45)), ("bench800", bench(800)), ("distinct", distinct)];
    let ms: Vec<(&str, Matcher)> = sets
        .iter()
        .map(|(n, f)| {
            let t = cpu();
            let (r, faults) = RuleSet::load(f);
            let m = r.matcher();
            println!(
                "{n}: {} rules {} faults load {} ms",
                r.rules().len(),
                faults.iter().filter(|f| f.code != "R0006").count(),
                (cpu() - t) / 1_000_000
            );
            (*n, m)
        })
        .collect();
    let mode = std::env::var("MODE").unwrap_or_default();
    let m = ms.iter().find(|x| x.0 == mode).map(|x| &x.1);
    let rounds: u64 = std::env::var("ROUNDS").map_or(7, |r| r.parse().unwrap());
    let mut best = u64::MAX;
    let mut count = 1;
    let mut hits = 0;
    for _ in 0..rounds {
        let (t, n, h) = run(&files, m);
        best = best.min(t);
        count = n;
        hits = h;
    }
    println!("{mode}: {} ns/event, {hits} hits, {} events", best / count, count * rounds);
}
