//! The few options xtask has: `--name value`, `--name=value` and `--flag`.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};

/// Options as given, to be taken one by one; what is left over is a mistake.
#[derive(Debug)]
pub(crate) struct Arguments {
    values: BTreeMap<String, String>,
    flags: Vec<String>,
}

impl Arguments {
    /// Splits words into options; `flags` are the names that take no value.
    pub(crate) fn parse(words: &[&str], flags: &[&str]) -> Result<Arguments> {
        let mut parsed = Arguments { values: BTreeMap::new(), flags: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else { bail!("unexpected argument: {word}") };
            if flags.contains(&name) {
                parsed.flags.push(name.to_owned());
            } else if let Some((name, value)) = name.split_once('=') {
                parsed.values.insert(name.to_owned(), value.to_owned());
            } else {
                let value = words.next().with_context(|| format!("--{name} needs a value"))?;
                parsed.values.insert(name.to_owned(), (*value).to_owned());
            }
        }
        Ok(parsed)
    }

    /// Whether a flag was given.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.flags.len();
        self.flags.retain(|flag| flag != name);
        before != self.flags.len()
    }

    /// The value of an option.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let Some(text) = self.values.remove(name) else { return Ok(None) };
        let value = text.parse().with_context(|| format!("--{name} {text} is not understood"))?;
        Ok(Some(value))
    }

    /// The values of an option that takes a list.
    pub(crate) fn list<T: FromStr>(&mut self, name: &str) -> Result<Option<Vec<T>>>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let Some(text) = self.values.remove(name) else { return Ok(None) };
        text.split(',')
            .map(|item| item.parse().with_context(|| format!("--{name} {text} is not understood")))
            .collect::<Result<Vec<T>>>()
            .map(Some)
    }

    /// Fails on options nobody asked for.
    pub(crate) fn finish(self) -> Result<()> {
        let unknown = self.values.into_keys().chain(self.flags).next();
        match unknown {
            Some(name) => bail!("unknown option: --{name}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_values_lists_and_flags() {
        let words = ["--mb", "10", "--scale=1,2", "--smoke"];
        let mut arguments = Arguments::parse(&words, &["smoke"]).unwrap();
        assert_eq!(arguments.value::<u64>("mb").unwrap(), Some(10));
        assert_eq!(arguments.list::<u64>("scale").unwrap(), Some(vec![1, 2]));
        assert!(arguments.flag("smoke"));
        assert!(!arguments.flag("smoke"));
        arguments.finish().unwrap();
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(Arguments::parse(&["stray"], &[]).is_err());
        assert!(Arguments::parse(&["--mb"], &[]).is_err());
        let mut arguments = Arguments::parse(&["--mb", "ten"], &[]).unwrap();
        assert!(arguments.value::<u64>("mb").is_err());
        assert!(Arguments::parse(&["--mb", "1"], &[]).unwrap().finish().is_err());
    }
}
