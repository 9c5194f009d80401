//! The workload as a `workload.toml` ready to be corrected and given back.

use std::fmt::Write;

use heptagon_model::EvidenceRef;

use super::{Known, Workload};

impl Workload {
    /// The file. What was inferred says so and names its records; deleting the line
    /// `basis = "inferred"` declares it.
    pub fn to_toml(&self) -> String {
        let mut out = String::from(
            "# The Gen-AI workload. Correct it and give it back with --workload.\n\
             # An entry without the line `basis = \"inferred\"` counts as declared.\n",
        );
        let _ = write!(
            out,
            "\n[organisation]\naccounts = {}\nregions = {}\n",
            list(&self.accounts),
            list(&self.regions)
        );
        if self.exposure.is_some() || self.authentication.is_some() {
            out.push_str("\n[application]\n");
            pair(&mut out, "exposure", self.exposure.as_deref());
            pair(&mut out, "authentication", self.authentication.as_deref());
        }
        for entry in &self.components {
            head(&mut out, "component", &entry.evidence);
            pair(&mut out, "kind", Some(&entry.kind));
            pair(&mut out, "id", Some(&entry.id));
            pair(&mut out, "account", entry.account.as_deref());
            pair(&mut out, "region", entry.region.as_deref());
            pair(&mut out, "name", entry.name.as_deref());
            basis(&mut out, entry.known);
        }
        for entry in &self.roles {
            head(&mut out, "role", &entry.evidence);
            pair(&mut out, "arn", Some(&entry.arn));
            pair(&mut out, "purpose", Some(entry.purpose.name()));
            let _ = writeln!(out, "networks = {}", list(&entry.networks));
            let _ = writeln!(out, "regions = {}", list(&entry.regions));
            let _ = writeln!(out, "actions = {}", list(&entry.actions));
            basis(&mut out, entry.known);
        }
        for entry in &self.stores {
            head(&mut out, "store", &entry.evidence);
            pair(&mut out, "kind", Some(&entry.kind));
            pair(&mut out, "id", Some(&entry.id));
            pair(&mut out, "class", Some(&entry.class));
            basis(&mut out, entry.known);
        }
        for entry in &self.links {
            head(&mut out, "link", &entry.evidence);
            pair(&mut out, "kind", Some(&entry.kind));
            pair(&mut out, "from", Some(&entry.from));
            pair(&mut out, "to", Some(&entry.to));
            basis(&mut out, entry.known);
        }
        for entry in &self.announced {
            head(&mut out, "announced", &[]);
            pair(&mut out, "principal", Some(&entry.principal));
            pair(&mut out, "from", Some(&entry.from.to_string()));
            pair(&mut out, "to", Some(&entry.to.to_string()));
            pair(&mut out, "what", Some(&entry.what));
        }
        for entry in &self.decisions {
            head(&mut out, "decision", &[]);
            pair(&mut out, "what", Some(&entry.what));
            pair(&mut out, "by", Some(&entry.by));
            pair(&mut out, "why", Some(&entry.why));
        }
        out
    }
}

fn head(out: &mut String, name: &str, evidence: &[EvidenceRef]) {
    out.push('\n');
    for reference in evidence.iter().take(3) {
        let _ = writeln!(out, "# record {}:{}", reference.artifact, reference.record);
    }
    let _ = writeln!(out, "[[{name}]]");
}

fn pair(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = writeln!(out, "{key} = {}", toml::Value::String(value.to_owned()));
    }
}

fn basis(out: &mut String, known: Known) {
    if known == Known::Inferred {
        out.push_str("basis = \"inferred\"\n");
    }
}

fn list(items: &[String]) -> String {
    let values = items.iter().cloned().map(toml::Value::String).collect();
    toml::Value::Array(values).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::*;

    #[test]
    fn what_is_printed_can_be_given_back() {
        let text = "[organisation]\naccounts = [\"1\"]\nregions = [\"us-east-1\"]\n\
            [application]\nexposure = \"external\"\n\
            [[component]]\nkind = \"guardrail\"\nid = \"g\\\"1\\n\"\n\
            [[role]]\narn = \"arn:aws:iam::1:role/App\"\npurpose = \"application\"\n\
            networks = [\"aws\", \"10.0.0.0/8\"]\nactions = [\"ses:*\"]\n\
            [[store]]\nkind = \"s3\"\nid = \"b\"\nclass = \"private\"\n\
            [[link]]\nkind = \"data-source\"\nfrom = \"KB\"\nto = \"b\"\nbasis = \"inferred\"\n\
            [[announced]]\nprincipal = \"p\"\nfrom = \"2026-01-01\"\nto = \"2026-01-02\"\nwhat = \"w\"\n\
            [[decision]]\nwhat = \"invocation logging declined\"\nby = \"CISO\"\nwhy = \"privacy\"\n";
        let workload = Workload::parse(text).expect("valid");
        let again = Workload::parse(&workload.to_toml()).expect("what we print is valid");
        assert_eq!(workload, again);
        assert_eq!(again.links[0].known, Known::Inferred);
    }
}
