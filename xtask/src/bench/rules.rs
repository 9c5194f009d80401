//! Rule packs of any size, with the mixture of real ones: 70 % name source and event (half of those
//! occur in the corpus), 15 % name the source only, 15 % neither.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::corpus::names::{self, Call};

/// Conditions besides the name: what real rules look at, and what few records of a corpus fulfil.
const EXTRAS: [&str; 8] = [
    "userAgent|contains: ['kali', 'parrot', 'pentoo']",
    "sourceIPAddress|cidr: ['203.0.113.0/24']",
    "errorCode: ['UnauthorizedOperation', 'Client.UnauthorizedOperation']",
    "userIdentity.type: Root",
    "requestParameters.description|contains: 'temporary'",
    "userIdentity.arn|endswith: '/breakglass'",
    "requestParameters.name|re: '^(tmp|test)-[0-9a-f]{8}$'",
    "additionalEventData.MFAUsed: 'No'",
];

/// Tried on every record, because they name no event.
const BROAD: [&str; 6] = [
    "userAgent|contains: ['scoutsuite', 'pacu', 'prowler', 'cloudfox']",
    "sourceIPAddress|cidr: ['192.0.2.0/25', '198.51.100.0/25']",
    "eventName|startswith: ['Export', 'Unshare']",
    "userIdentity.sessionContext.sessionIssuer.userName|contains: 'breakglass'",
    "errorMessage|contains: 'explicit deny in a service control policy'",
    "eventName|endswith: ['Quota', 'Blocklist']",
];

/// Writes a pack; the first rules are the same in every size.
pub(crate) fn write(folder: &Path, n_rules: usize) -> Result<()> {
    std::fs::create_dir_all(folder).context("cannot create the folder of a rule pack")?;
    let mut calls = names::all();
    calls.sort_by_key(|call| (call.name, call.service));
    for index in 0..n_rules {
        let path = folder.join(format!("rule-{index:04}.yml"));
        std::fs::write(&path, rule(index, &calls)).context("cannot write a rule")?;
    }
    Ok(())
}

fn rule(index: usize, calls: &[Call]) -> String {
    // A stride without common factor visits all calls, far apart.
    let call = &calls[index * 37 % calls.len()];
    let mut selection = String::new();
    let _ = match index % 20 {
        // Exact and in the corpus.
        at if at < 14 && at % 2 == 0 => write!(
            selection,
            "    eventSource: {}.amazonaws.com\n    eventName: {}\n    {}\n",
            call.service,
            call.name,
            EXTRAS[index / 2 % EXTRAS.len()]
        ),
        // Exact and not in the corpus.
        at if at < 14 => write!(
            selection,
            "    eventSource: {}.amazonaws.com\n    eventName: {}Legacy{}\n",
            call.service,
            call.name,
            index / 20
        ),
        // By source only.
        at if at < 17 => write!(
            selection,
            "    eventSource: {}.amazonaws.com\n    {}\n",
            call.service,
            EXTRAS[index % EXTRAS.len()]
        ),
        // Neither.
        _ => writeln!(selection, "    {}", BROAD[index % BROAD.len()]),
    };
    format!(
        "title: Benchmark rule {index}\nid: 00000000-0000-4000-8000-{index:012}\nname: bench_{index}\n\
         status: test\ndescription: Made by the benchmark.\n\
         logsource:\n  product: aws\n  service: cloudtrail\n\
         detection:\n  selection:\n{selection}  condition: selection\n\
         falsepositives: [All of them.]\nlevel: low\n\
         tags: [heptagon.element.access, attack.t1078]\n\
         heptagon: {{confidence: low, triage: [None.]}}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Shares of a pack, in rules: exact and present, exact and absent, by source, neither.
    fn shares(n_rules: usize) -> [usize; 4] {
        let calls = names::all();
        let present: BTreeSet<&str> = calls.iter().map(|call| call.name).collect();
        let mut shares = [0; 4];
        for index in 0..n_rules {
            let text = rule(index, &calls);
            let name = text.lines().find_map(|line| line.strip_prefix("    eventName: "));
            let source = text.contains("    eventSource: ");
            match (source, name) {
                (true, Some(name)) if present.contains(name) => shares[0] += 1,
                (true, Some(_)) => shares[1] += 1,
                (true, None) => shares[2] += 1,
                _ => shares[3] += 1,
            }
        }
        shares
    }

    #[test]
    fn the_mixture_is_as_promised() {
        assert_eq!(shares(800), [280, 280, 120, 120]);
    }

    #[test]
    fn ids_are_distinct() {
        let calls = names::all();
        assert_ne!(rule(3, &calls), rule(23, &calls));
        assert!(rule(800, &calls).contains("00000000-0000-4000-8000-000000000800"));
    }
}
