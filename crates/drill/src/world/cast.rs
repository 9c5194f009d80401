//! The roles and users of the organisation, and where they work from.

use crate::identity::{Caller, Role, User};
use crate::place::{Account, Region};
use crate::rng::Rng;

/// The address of the organisation's NAT gateways in us-east-1.
pub(crate) const NAT_EAST: &str = "198.51.100.24";
/// The same in us-west-2.
pub(crate) const NAT_WEST: &str = "198.51.100.57";
/// The office's address, which the VPN also comes out of.
pub(crate) const OFFICE: &str = "192.0.2.17";
/// The build server that the oldest jobs still run on.
pub(crate) const BUILD_SERVER: &str = "192.0.2.60";

/// The SDK that the application's functions carry.
pub(crate) const LAMBDA_AGENT: &str = "Boto3/1.40.52 md/Botocore#1.40.52 ua/2.1 os/linux#5.10.244-267.968.amzn2.x86_64 md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython exec-env/AWS_Lambda_python3.13 m/D,Z,b cfg/retry-mode#standard Botocore/1.40.52";
/// The SDK of the organisation's services in containers.
pub(crate) const CONTAINER_AGENT: &str = "aws-sdk-java/2.34.11 md/io#sync md/http#Apache ua/2.1 api/S3#2.34.x os/Linux#6.1.153 lang/java#21.0.8 md/OpenJDK_64-Bit_Server_VM#21.0.8+9-LTS exec-env/AWS_ECS_FARGATE m/D,e";

/// A person who works in the accounts.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) session: &'static str,
    pub(crate) role: Role,
    pub(crate) browser: &'static str,
    pub(crate) cli: &'static str,
    pub(crate) ip: &'static str,
}

/// Everyone and everything that acts legitimately.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) app: Role,
    pub(crate) summariser: Role,
    pub(crate) knowledge_base: Role,
    pub(crate) agent: Role,
    pub(crate) actions: Role,
    pub(crate) pipeline: Role,
    pub(crate) notifications: Role,
    pub(crate) web: Role,
    pub(crate) deploy: Role,
    pub(crate) stacks: Role,
    pub(crate) stacks_shared: Role,
    pub(crate) audit: Role,
    pub(crate) audited: Role,
    pub(crate) billing: Role,
    pub(crate) crm: Role,
    pub(crate) deploy_shared: Role,
    pub(crate) legacy: User,
    pub(crate) people: Vec<Person>,
    pub(crate) responder: Person,
}

const CHROME: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0";
const CLI_MAC: &str = "aws-cli/2.31.14 md/awscrt#0.27.6 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.7 md/pyimpl#CPython m/b,E,Z cfg/retry-mode#standard md/installer#exe sid/4c0f2f6f9a3b md/prompt#off";
const CLI_LINUX: &str = "aws-cli/2.30.6 md/awscrt#0.27.6 ua/2.1 os/linux#6.14.0-33-generic md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython m/b,E,Z cfg/retry-mode#standard md/installer#exe md/distrib#ubuntu.24 md/prompt#off";
const CLI_WINDOWS: &str = "aws-cli/2.31.9 md/awscrt#0.27.6 ua/2.1 os/windows#11 md/arch#amd64 lang/python#3.13.7 md/pyimpl#CPython m/b,E,Z cfg/retry-mode#standard md/installer#exe md/prompt#off";

impl Cast {
    /// The cast under a seed: the names stay, ids and keys differ.
    pub(crate) fn new(seed: u64) -> Cast {
        let application = |name: &str| Role::new(seed, Account::Application, "/", name);
        let service = |name: &str| Role::new(seed, Account::Application, "/service-role/", name);
        let shared = |name: &str| Role::new(seed, Account::Shared, "/", name);
        let sso = |account: Account, set: &str| {
            let path = "/aws-reserved/sso.amazonaws.com/";
            let suffix = Rng::derive(seed, set, &[account as i64]).hex(16);
            Role::new(seed, account, path, format!("AWSReservedSSO_{set}_{suffix}"))
        };
        let admin = |account| sso(account, "AdministratorAccess");
        let reader = |account| sso(account, "DeveloperReadOnly");
        let person = |session, role, browser, cli, ip| Person { session, role, browser, cli, ip };
        let (application_account, shared_account) = (Account::Application, Account::Shared);
        Cast {
            app: application("support-assistant-app"),
            summariser: application("ticket-summariser-role"),
            knowledge_base: service("AmazonBedrockExecutionRoleForKnowledgeBase_support"),
            agent: service("AmazonBedrockExecutionRoleForAgents_RETURNS01"),
            actions: application("returns-desk-actions-role"),
            pipeline: application("kb-content-pipeline"),
            notifications: application("notification-service-role"),
            web: application("web-frontend-instance"),
            deploy: application("github-actions-deploy"),
            stacks: application("cfn-execution-role"),
            stacks_shared: shared("cfn-execution-role"),
            audit: shared("compliance-audit"),
            audited: application("compliance-audit-target"),
            billing: shared("billing-ledger-service"),
            crm: shared("crm-sync"),
            deploy_shared: shared("github-actions-deploy"),
            legacy: User::new(seed, Account::Application, "ci-deploy-legacy"),
            people: vec![
                person(
                    "priya.nair@fernhill-outdoor.example",
                    admin(application_account),
                    CHROME,
                    CLI_MAC,
                    OFFICE,
                ),
                person(
                    "tom.becker@fernhill-outdoor.example",
                    reader(application_account),
                    FIREFOX,
                    CLI_LINUX,
                    OFFICE,
                ),
                person(
                    "maria.ortega@fernhill-outdoor.example",
                    admin(shared_account),
                    CHROME,
                    CLI_MAC,
                    OFFICE,
                ),
                person(
                    "jon.lindqvist@fernhill-outdoor.example",
                    reader(shared_account),
                    EDGE,
                    CLI_WINDOWS,
                    "192.0.2.141",
                ),
                person(
                    "ewa.sokol@fernhill-outdoor.example",
                    reader(application_account),
                    EDGE,
                    CLI_WINDOWS,
                    "192.0.2.141",
                ),
            ],
            responder: person(
                "dana.kowalski@fernhill-outdoor.example",
                sso(application_account, "IncidentResponder"),
                CHROME,
                CLI_MAC,
                OFFICE,
            ),
        }
    }
}

impl Person {
    /// In the console, signed in at `since`.
    pub(crate) fn in_console(&self, since: i64) -> Caller {
        self.role.session(self.session, since).from(self.ip, self.browser).in_console()
    }

    /// On the command line, signed in at `since`.
    pub(crate) fn on_cli(&self, since: i64) -> Caller {
        self.role.session(self.session, since).from(self.ip, self.cli).with_mfa()
    }
}

/// A function's ARN.
pub(crate) fn function_arn(region: Region, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{name}", region.name(), Account::Application.id())
}

/// The address that traffic to the internet leaves from.
pub(crate) fn nat(region: Region) -> &'static str {
    match region {
        Region::East => NAT_EAST,
        Region::West => NAT_WEST,
    }
}

/// A role's credentials inside a function.
pub(crate) fn in_function(role: &Role, function: &str, region: Region, started: i64) -> Caller {
    role.session(function, started)
        .in_function(&function_arn(region, function))
        .from(nat(region), LAMBDA_AGENT)
}

/// The VPC endpoint for Bedrock's runtime.
pub(crate) fn bedrock_endpoint(region: Region) -> (&'static str, &'static str) {
    match region {
        Region::East => ("vpce-0a41c9e7d2f35b860", "10.20.8.41"),
        Region::West => ("vpce-05be8f10c6a97d324", "10.21.8.73"),
    }
}
