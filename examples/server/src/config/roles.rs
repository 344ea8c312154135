//! What a process does. The same binary is every service.

use std::fmt;
use std::str::FromStr;

/// A set of roles, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Takes uploads and answers about tasks; serves the page.
    pub api: bool,
    /// Does the work.
    pub worker: bool,
    /// Holds WebSockets and event streams.
    pub gateway: bool,
}

impl Roles {
    /// All of them.
    pub const ALL: Self = Self {
        api: true,
        worker: true,
        gateway: true,
    };
    const NONE: Self = Self {
        api: false,
        worker: false,
        gateway: false,
    };
}

impl FromStr for Roles {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let mut roles = Self::NONE;
        for role in list.split(',').map(str::trim) {
            match role {
                "api" => roles.api = true,
                "worker" => roles.worker = true,
                "gateway" => roles.gateway = true,
                _ => {
                    return Err(format!(
                        "{role:?} is no role; they are api, worker and gateway, with commas between"
                    ));
                }
            }
        }
        Ok(roles)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.api, "api"),
            (self.worker, "worker"),
            (self.gateway, "gateway"),
        ];
        let names: Vec<&str> = all
            .iter()
            .filter(|(has, _)| *has)
            .map(|(_, name)| *name)
            .collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_in_any_order_and_written_in_one() {
        assert_eq!("gateway, api,worker".parse(), Ok(Roles::ALL));
        let roles: Roles = "gateway,api".parse().unwrap();
        assert_eq!(roles.to_string(), "api,gateway");
    }

    #[test]
    fn no_role_and_an_unknown_one_are_refused() {
        for list in ["", "api,", "cook"] {
            assert!(list.parse::<Roles>().is_err(), "{list:?}");
        }
    }
}
