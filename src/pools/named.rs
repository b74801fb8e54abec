//! A value for everything, or one for each name: `process:8`, or
//! `echo+ping=thread:4x16,matmul=process:8`.

use std::str::FromStr;

/// A value for everything, or for groups of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<T> {
    /// The same for everything.
    All(T),
    /// Names that share a value; no name stands twice.
    ByName(Vec<(Vec<String>, T)>),
}

impl<T> Named<T> {
    /// The value for `name`.
    pub fn of(&self, name: &str) -> Option<&T> {
        match self {
            Self::All(value) => Some(value),
            Self::ByName(groups) => {
                let has = |names: &[String]| names.iter().any(|other| other == name);
                groups.iter().find(|(names, _)| has(names)).map(|(_, value)| value)
            }
        }
    }

    /// Gives `names` the value, in place of what the first of them had: all of
    /// `known` keep what held for everything.
    pub fn set(&mut self, names: &[String], value: T, known: &[&str])
    where
        T: Clone,
    {
        if let Self::All(common) = self {
            let alone = known.iter().map(|name| (vec![(*name).to_owned()], common.clone()));
            *self = Self::ByName(alone.collect());
        }
        let Self::ByName(groups) = self else { return };
        match groups.iter_mut().find(|(group, _)| names.iter().all(|name| group.contains(name))) {
            Some(group) => group.1 = value,
            None => {
                groups.iter_mut().for_each(|(group, _)| group.retain(|one| !names.contains(one)));
                groups.retain(|(group, _)| !group.is_empty());
                groups.push((names.to_vec(), value));
            }
        }
    }

    /// The groups of names, if there are names.
    pub fn groups(&self) -> Option<Vec<Vec<String>>> {
        match self {
            Self::All(_) => None,
            Self::ByName(groups) => Some(groups.iter().map(|(names, _)| names.clone()).collect()),
        }
    }

    /// Every name.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::All(_) => Vec::new(),
            Self::ByName(groups) => {
                groups.iter().flat_map(|(names, _)| names).map(String::as_str).collect()
            }
        }
    }
}

impl<T: FromStr<Err = String>> FromStr for Named<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read(text, str::parse)
    }
}

impl<T> Named<T> {
    /// Reads values with `parse`.
    ///
    /// # Errors
    /// A name is missing or there twice, or `parse` refuses a value.
    pub fn read(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Self, String> {
        if !text.contains('=') {
            return parse(text).map(Self::All);
        }
        let mut groups: Vec<(Vec<String>, T)> = Vec::new();
        for part in text.split(',') {
            let Some((names, value)) = part.split_once('=') else {
                return Err(format!("`{part}` names no class or stage; write NAME={part}"));
            };
            let names: Vec<String> = names.split('+').map(|name| name.trim().to_owned()).collect();
            for (place, name) in names.iter().enumerate() {
                if name.is_empty() {
                    return Err(format!("a name is missing in `{part}`; write NAME={value}"));
                }
                let before = groups.iter().flat_map(|(names, _)| names).chain(&names[..place]);
                if before.into_iter().any(|other| other == name) {
                    return Err(format!("`{name}` is there twice; write it once"));
                }
            }
            groups.push((names, parse(value.trim())?));
        }
        Ok(Self::ByName(groups))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::pool::Profile;

    fn read(text: &str) -> Result<Named<Profile>, String> {
        text.parse()
    }

    #[test]
    fn one_value_is_for_everything() {
        let named = read("process:8").unwrap();
        assert_eq!(named, Named::All(Profile::processes(8)));
        assert_eq!((named.of("any"), named.groups()), (Some(&Profile::processes(8)), None));
    }

    #[test]
    fn names_have_their_values_and_may_share_one() {
        let named = read("echo + ping=thread:4x16, matmul = process:8").unwrap();
        assert_eq!(named.names(), ["echo", "ping", "matmul"]);
        assert_eq!(named.of("ping"), Some(&Profile::threads(4, 16)));
        assert_eq!(named.of("matmul"), Some(&Profile::processes(8)));
        assert_eq!(named.of("other"), None);
        assert_eq!(named.groups().unwrap().len(), 2);
    }

    #[test]
    fn a_name_is_given_another_value() {
        let after = |text: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let mut named = read(text).unwrap();
            named.set(&names, Profile::processes(9), &["a", "b", "c"]);
            named
        };
        let nine = |text: &str| read(text).unwrap();
        assert_eq!(after("a=process:1,b=process:2", &["b"]), nine("a=process:1,b=process:9"));
        assert_eq!(after("a=process:1", &["b"]), nine("a=process:1,b=process:9"));
        // Who shares a pool gets the value of the pool.
        assert_eq!(after("a+b=process:1", &["b"]), nine("a+b=process:9"));
        assert_eq!(after("a=process:1,b=process:2", &["a", "b"]), nine("a+b=process:9"));
        assert_eq!(after("process:1", &["b"]), nine("a=process:1,b=process:9,c=process:1"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_advice() {
        let why = |text: &str| read(text).unwrap_err();
        assert!(why("a=process:1,process:2").contains("NAME=process:2"));
        assert!(why("a=process:1,a=process:2").contains("`a` is there twice"));
        assert!(why("a+a=process:1").contains("`a` is there twice"));
        assert!(why("=process:1").contains("a name is missing"));
        assert!(why("a+=process:1").contains("a name is missing"));
        assert!(why("a=process").contains("thread:4x25"));
        assert!(why("process:1,process:2").contains("process:1,process:2"));
    }
}
