//! Who makes a call, and from where: `userIdentity`, address and client.

use std::borrow::Cow;

use crate::clock::iso;
use crate::json::{Json, obj};
use crate::place::Account;
use crate::rng::Rng;

/// A role and the ids AWS gave it.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) account: Account,
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) id: String,
    seed: u64,
}

impl Role {
    /// The role of a name; `path` is `/` or `/aws-service-role/.../`.
    pub(crate) fn new(seed: u64, account: Account, path: &str, name: impl Into<String>) -> Role {
        let name = name.into();
        let arn = format!("arn:aws:iam::{}:role{path}{name}", account.id());
        let id = Rng::derive(seed, &arn, &[]).aws_id("AROA");
        Role { account, name, arn, id, seed }
    }

    /// A service-linked role.
    pub(crate) fn linked(seed: u64, account: Account, service: &str, name: &str) -> Role {
        Role::new(seed, account, &format!("/aws-service-role/{service}/"), name)
    }

    /// The access key of a session: one session has one key, whoever asks.
    pub(crate) fn session_key(&self, session: &str, started: i64) -> String {
        Rng::derive(self.seed, &format!("{}/{session}", self.arn), &[started]).aws_id("ASIA")
    }

    /// The session's ARN.
    pub(crate) fn session_arn(&self, session: &str) -> String {
        format!("arn:aws:sts::{}:assumed-role/{}/{session}", self.account.id(), self.name)
    }

    /// A caller with a session of this role that started at `started`.
    pub(crate) fn session(&self, session: &str, started: i64) -> Caller {
        let identity = obj! {
            "type" => "AssumedRole",
            "principalId" => format!("{}:{session}", self.id),
            "arn" => self.session_arn(session),
            "accountId" => self.account.id(),
            "accessKeyId" => self.session_key(session, started),
            "sessionContext" => obj! {
                "sessionIssuer" => obj! {
                    "type" => "Role",
                    "principalId" => &self.id,
                    "arn" => &self.arn,
                    "accountId" => self.account.id(),
                    "userName" => &self.name,
                },
                "attributes" => obj! {
                    "creationDate" => iso(started),
                    "mfaAuthenticated" => "false",
                },
            },
        };
        Caller::new(self.account, self.session_arn(session), identity)
    }
}

/// An IAM user and its first access key.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) account: Account,
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) id: String,
    pub(crate) key: String,
}

impl User {
    /// The user of a name.
    pub(crate) fn new(seed: u64, account: Account, name: &str) -> User {
        let arn = format!("arn:aws:iam::{}:user/{name}", account.id());
        let mut rng = Rng::derive(seed, &arn, &[]);
        let id = rng.aws_id("AIDA");
        let key = rng.aws_id("AKIA");
        User { account, name: name.to_owned(), arn, id, key }
    }

    /// A caller with the user's long-term key.
    pub(crate) fn caller(&self) -> Caller {
        let identity = obj! {
            "type" => "IAMUser",
            "principalId" => &self.id,
            "arn" => &self.arn,
            "accountId" => self.account.id(),
            "accessKeyId" => &self.key,
            "userName" => &self.name,
        };
        Caller::new(self.account, self.arn.clone(), identity)
    }
}

/// Who calls, from where, with what.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The account whose trail records the call.
    pub(crate) recorded_in: Account,
    pub(crate) arn: String,
    /// Who that is without the session.
    pub(crate) principal: String,
    pub(crate) identity: Json,
    pub(crate) source_ip: Cow<'static, str>,
    pub(crate) user_agent: Cow<'static, str>,
    pub(crate) over_tls: bool,
    pub(crate) vpc_endpoint: Option<String>,
    pub(crate) console: bool,
}

impl Caller {
    fn new(account: Account, arn: String, identity: Json) -> Caller {
        Caller {
            recorded_in: account,
            principal: heptagon_model::canonical_principal(&arn),
            arn,
            identity,
            source_ip: Cow::Borrowed("AWS Internal"),
            user_agent: Cow::Borrowed("AWS Internal"),
            over_tls: true,
            vpc_endpoint: None,
            console: false,
        }
    }

    /// An AWS service acting by itself.
    pub(crate) fn service(account: Account, service: &'static str) -> Caller {
        let identity = obj! { "type" => "AWSService", "invokedBy" => service };
        let mut caller = Caller::new(account, service.to_owned(), identity);
        caller.over_tls = false;
        caller.source_ip = Cow::Borrowed(service);
        caller.user_agent = Cow::Borrowed(service);
        caller
    }

    /// Someone who has no credentials yet: what the sign-in service knows about them.
    pub(crate) fn visitor(account: Account, identity: Json, name: &str) -> Caller {
        Caller::new(account, name.to_owned(), identity)
    }

    /// A role of another account, as the trail of the account called into sees it.
    pub(crate) fn seen_from(mut self, account: Account) -> Caller {
        self.recorded_in = account;
        self
    }

    /// The address and client.
    pub(crate) fn from(
        mut self,
        ip: impl Into<Cow<'static, str>>,
        agent: impl Into<Cow<'static, str>>,
    ) -> Caller {
        self.source_ip = ip.into();
        self.user_agent = agent.into();
        self
    }

    /// The same caller, through a service that calls on its behalf.
    pub(crate) fn invoked_by(mut self, service: &'static str) -> Caller {
        self.identity.push("invokedBy", service);
        self.over_tls = false;
        self.from(service, service)
    }

    /// Through a VPC endpoint: the address is private.
    pub(crate) fn through(mut self, endpoint: &str) -> Caller {
        self.vpc_endpoint = Some(endpoint.to_owned());
        self
    }

    /// With a console session's credentials and a second factor.
    pub(crate) fn in_console(mut self) -> Caller {
        self.console = true;
        self.with_mfa()
    }

    /// With a second factor.
    pub(crate) fn with_mfa(mut self) -> Caller {
        if let Some(Json::Text(flag)) =
            member(&mut self.identity, &["sessionContext", "attributes", "mfaAuthenticated"])
        {
            *flag = Cow::Borrowed("true");
        }
        self
    }

    /// Credentials that EC2 delivered to an instance.
    pub(crate) fn on_instance(mut self) -> Caller {
        if let Some(context) = member(&mut self.identity, &["sessionContext"]) {
            context.push("ec2RoleDelivery", "2.0");
        }
        self
    }

    /// Credentials that Lambda issued to a function.
    pub(crate) fn in_function(mut self, function_arn: &str) -> Caller {
        let account = self.recorded_in.id();
        self.identity.push(
            "inScopeOf",
            obj! {
                "sourceArn" => function_arn.to_owned(),
                "sourceAccount" => account,
                "issuerType" => "AWS::Lambda::Function",
            },
        );
        self
    }
}

fn member<'a>(value: &'a mut Json, path: &[&str]) -> Option<&'a mut Json> {
    path.iter().try_fold(value, |value, key| match value {
        Json::Map(members) => {
            members.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
        }
        _ => None,
    })
}
