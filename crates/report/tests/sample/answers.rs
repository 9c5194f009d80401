//! The seven elements of the invented incident.

use heptagon_model::{
    Answer, AnswerSet, Attestation, Confidence, CoverageRow, Element, ElementAnswers, Fact, Gap,
    Observed, Verdict, answer::ObservedWord,
};

use super::{MODEL_LOG, TRAIL, at, evidence, reference};

/// All answers.
pub(crate) fn answers() -> AnswerSet {
    AnswerSet {
        case: "exposed-key".into(),
        elements: Element::ALL.into_iter().map(|e| ElementAnswers::new(e, element(e))).collect(),
    }
}

fn element(element: Element) -> Vec<Answer> {
    let one =
        |id: &str, text: &str, verdict, summary: &str| answer(element, id, text, verdict, summary);
    match element {
        Element::Access => vec![
            attested(one(
                "access-account-control",
                "Do you still control the account, its root user included?",
                Verdict::NotObserved,
                "Stated: the root user's password and MFA device work.",
            )),
            facts(one(
                "access-unauthorized-use",
                "Which identities were used without authority?",
                Verdict::Confirmed,
                "Access key AKIAEXAMPLE0KEY00001 of ci-deployer was used from 198.51.100.23, a network nobody else uses.",
            )),
            one(
                "access-root-activity",
                "Was the root user active?",
                Verdict::NotObserved,
                "No activity of the root user in the whole window, in any region.",
            ),
            listed(one(
                "access-probing",
                "What was probed?",
                Verdict::Indicated,
                "57 calls over 14 services were refused within 20 minutes.",
            )),
        ],
        Element::InfrastructureChanges => vec![
            one(
                "infra-compute",
                "Were compute resources changed?",
                Verdict::NotObserved,
                "All 41 changes were made by the deployment pipeline, from its network.",
            ),
            gaps(one(
                "infra-os-database-logs",
                "What do the logs of operating systems and databases show?",
                Verdict::CannotTell,
                "No operating system or database logs are in the evidence.",
            )),
        ],
        Element::AiChanges => vec![
            facts(one(
                "ai-guardrails",
                "Were guardrails changed or deleted?",
                Verdict::Confirmed,
                "Guardrail gr1support was deleted at 2026-11-07 03:15:21Z by ci-deployer.",
            )),
            facts(one(
                "ai-invocation-logging",
                "Was model invocation logging changed?",
                Verdict::Confirmed,
                "Model invocation logging was removed in us-east-1 at 2026-11-07 12:04:10Z.",
            )),
            one(
                "ai-models",
                "Were models changed?",
                Verdict::NotObserved,
                "No custom model, import or deployment was changed.",
            ),
            one(
                "ai-sagemaker-q",
                "Were SageMaker or Amazon Q changed?",
                Verdict::NotApplicable,
                "The workload has neither.",
            ),
        ],
        Element::DataStoreChanges => vec![
            facts(one(
                "data-poisoning",
                "Was data put where a model learns or retrieves from?",
                Verdict::Confirmed,
                "faq-update.html was put into the knowledge base's bucket by ci-deployer and ingested two minutes later.",
            )),
            one(
                "data-knowledge-bases",
                "Were knowledge bases changed?",
                Verdict::Indicated,
                "An ingestion job was started by an identity that never did before.",
            ),
        ],
        Element::Invocation => vec![
            facts(one(
                "invocation-unauthorized",
                "Which invocations were made without authority?",
                Verdict::Confirmed,
                "180 invocations by ci-deployer of a model the workload never uses.",
            )),
            gaps(one(
                "invocation-content",
                "What was sent to the models, and what came back?",
                Verdict::CannotTell,
                "After 2026-11-07 12:04:10Z neither prompts nor outputs were logged.",
            )),
        ],
        Element::PrivateData => vec![
            gaps(one(
                "private-access",
                "Was private data accessed?",
                Verdict::CannotTell,
                "Reads of S3 objects are not recorded by the trail.",
            )),
            one(
                "private-tampering",
                "Was private data changed?",
                Verdict::CannotTell,
                "Writes of S3 objects are recorded for one bucket only.",
            ),
        ],
        Element::Agency => vec![
            facts(one(
                "agency-actions",
                "What did the application do on someone's behalf?",
                Verdict::Indicated,
                "12 mails were sent with the application's role from outside its network.",
            )),
            one(
                "agency-tool-use",
                "Which tools did agents call?",
                Verdict::NotObserved,
                "All 212 tool calls fit the agents' action groups.",
            ),
        ],
    }
}

fn answer(element: Element, id: &str, text: &str, verdict: Verdict, summary: &str) -> Answer {
    let observed = match verdict {
        Verdict::NotObserved | Verdict::NotApplicable => ObservedWord::No,
        Verdict::CannotTell => ObservedWord::Unknown,
        _ => ObservedWord::Yes,
    };
    Answer {
        element,
        question_id: id.into(),
        question: text.into(),
        kind: "yes_no".into(),
        required: !id.ends_with("probing"),
        observed: Observed::Word(observed),
        verdict,
        confidence: if verdict == Verdict::Confirmed { Confidence::High } else { Confidence::Medium },
        summary: summary.into(),
        facts: Vec::new(),
        coverage: coverage(),
        gaps: Vec::new(),
        next_steps: vec![
            "Disable the access key: `aws iam update-access-key --status Inactive`, then look for keys made by it.".into(),
            format!("Read the records behind {id} with `heptagon show`."),
        ],
        workload_basis: "inferred".into(),
    }
}

fn coverage() -> Vec<CoverageRow> {
    evidence::coverage().into_iter().filter(|row| row.region.starts_with("us-")).collect()
}

fn facts(mut answer: Answer) -> Answer {
    let artifact = if answer.question_id.starts_with("invocation") { MODEL_LOG } else { TRAIL };
    answer.facts = vec![
        Fact {
            statement: format!("{} The call succeeded.", answer.summary),
            adverse: true,
            refs: (6..9).map(|record| reference(artifact, record)).collect(),
        },
        Fact {
            statement: "The same identity had asked for models and guardrails 35 minutes before.".into(),
            adverse: true,
            refs: (0..24).map(|record| reference(TRAIL, record)).collect(),
        },
        Fact {
            statement: "arn:aws:iam::111122223333:role/deploy-pipeline changed a guardrail's version on 2026-11-04, as announced.".into(),
            adverse: false,
            refs: vec![reference(TRAIL, 3)],
        },
    ];
    answer
}

fn gaps(mut answer: Answer) -> Answer {
    let logging = answer.question_id.starts_with("invocation");
    answer.gaps = vec![if logging {
        Gap {
            what: "Bedrock model invocation logs of account 111122223333 in us-east-1".into(),
            from: Some(at("2026-11-07T12:04:10Z")),
            to: Some(at("2026-11-10T00:00:00Z")),
            why: "DeleteModelInvocationLoggingConfiguration turned the logging off and nothing turned it on again.".into(),
            setting: "Bedrock, Settings, model invocation logging (`PutModelInvocationLoggingConfiguration`)".into(),
            command: "aws bedrock put-model-invocation-logging-configuration --region us-east-1 --logging-config file://logging.json".into(),
        }
    } else {
        Gap {
            what: "S3 data events of all buckets".into(),
            from: None,
            to: None,
            why: "No trail selects them, so reads and writes of objects were never recorded.".into(),
            setting: "an advanced event selector for AWS::S3::Object on the trail".into(),
            command: "aws cloudtrail put-event-selectors --trail-name org-trail --advanced-event-selectors file://s3.json".into(),
        }
    }];
    answer
}

fn listed(mut answer: Answer) -> Answer {
    answer.observed =
        Observed::List((0..20).map(|n| format!("service-{n}.amazonaws.com")).collect());
    answer
}

fn attested(mut answer: Answer) -> Answer {
    answer.observed = Observed::Attested(Attestation {
        question_id: answer.question_id.clone(),
        statement: "Yes. Signed in as root of 111122223333 at 07:40Z, MFA worked.".into(),
        by: "Ada Example".into(),
        at: at("2026-11-12T07:45:00Z"),
    });
    answer
}
