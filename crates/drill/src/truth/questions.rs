//! The questions, and what a complete set of logs can say about each.

use heptagon_model::{Element, Verdict};

use crate::gap::GapSource;

/// A question of the question set, as far as the truth needs to know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    pub(crate) id: &'static str,
    pub(crate) element: Element,
    pub(crate) required: bool,
    /// The logs that would show it anywhere; `None` when neither of ours would.
    pub(crate) needs: Option<&'static [GapSource]>,
    /// Whether only the invocation log shows it, whatever the trail has.
    pub(crate) by_text: bool,
    /// The verdict when the story's records show it.
    pub(crate) adverse: Verdict,
    /// Whether the records allow two degrees of sureness: texts and volumes are judged.
    pub(crate) graded: bool,
    /// The verdict when complete logs do not show it.
    pub(crate) unseen: Verdict,
}

const TRAIL: Option<&[GapSource]> = Some(&[GapSource::Cloudtrail]);
const BODIES: Option<&[GapSource]> = Some(&[GapSource::Cloudtrail, GapSource::InvocationLogs]);
const NOTHING: Option<&[GapSource]> = None;

const fn ask(
    id: &'static str,
    element: Element,
    required: bool,
    needs: Option<&'static [GapSource]>,
) -> Question {
    let (adverse, unseen) = (Verdict::Confirmed, Verdict::NotObserved);
    Question { id, element, required, needs, by_text: false, graded: false, adverse, unseen }
}

/// What was said to a model stands in the invocation log alone.
const fn said(id: &'static str, required: bool) -> Question {
    Question { by_text: true, ..ask(id, Invocation, required, BODIES) }
}

/// A matter of judgement: `indicated` is as right as `confirmed`.
const fn graded(question: Question) -> Question {
    Question { graded: true, ..question }
}

/// The workload has no such thing; unless the story makes it.
const fn absent(id: &'static str, element: Element) -> Question {
    Question { unseen: Verdict::NotApplicable, ..ask(id, element, false, TRAIL) }
}

use Element::{
    Access, Agency, AiChanges, DataStoreChanges, InfrastructureChanges, Invocation, PrivateData,
};

/// All of them, in the methodology's order.
pub(crate) const QUESTIONS: [Question; 43] = [
    // Who controls the account is asked of people.
    ask("access-account-control", Access, true, NOTHING),
    ask("access-root-activity", Access, false, TRAIL),
    ask("access-unauthorized-use", Access, true, TRAIL),
    ask("access-persistence", Access, true, TRAIL),
    ask("access-continued", Access, true, TRAIL),
    ask("access-exposed-credentials", Access, false, TRAIL),
    ask("access-bedrock-api-keys", Access, false, TRAIL),
    ask("access-probing", Access, false, TRAIL),
    ask("access-privilege-changes", Access, false, TRAIL),
    // The application's own sign-ins are in its own log.
    ask("access-application-users", Access, false, NOTHING),
    ask("infra-compute", InfrastructureChanges, true, TRAIL),
    ask("infra-databases", InfrastructureChanges, true, TRAIL),
    ask("infra-functions", InfrastructureChanges, true, TRAIL),
    ask("infra-network", InfrastructureChanges, false, TRAIL),
    ask("infra-evidence-tampering", InfrastructureChanges, true, TRAIL),
    // Neither operating systems nor databases write to our logs.
    ask("infra-os-database-logs", InfrastructureChanges, false, NOTHING),
    ask("ai-guardrails", AiChanges, true, TRAIL),
    ask("ai-invocation-logging", AiChanges, true, TRAIL),
    ask("ai-model-access", AiChanges, true, TRAIL),
    ask("ai-models", AiChanges, true, TRAIL),
    ask("ai-code-and-prompts", AiChanges, true, TRAIL),
    ask("ai-reconnaissance", AiChanges, false, TRAIL),
    absent("ai-sagemaker-q", AiChanges),
    ask("data-knowledge-bases", DataStoreChanges, true, TRAIL),
    ask("data-poisoning", DataStoreChanges, true, TRAIL),
    ask("data-agents", DataStoreChanges, true, TRAIL),
    ask("data-retrieval", DataStoreChanges, false, TRAIL),
    absent("data-training", DataStoreChanges),
    // Reads and writes inside the vector store are data events that the trail does not select.
    ask("data-vector-stores", DataStoreChanges, false, NOTHING),
    ask("invocation-unauthorized", Invocation, true, TRAIL),
    said("invocation-content", true),
    graded(said("invocation-injection", true)),
    graded(ask("invocation-volume", Invocation, false, TRAIL)),
    ask("invocation-logging-window", Invocation, false, BODIES),
    // bedrock-mantle's data events are not selected.
    ask("invocation-unlogged-surfaces", Invocation, false, NOTHING),
    // What roles could reach is in their policies, which are not in the evidence.
    ask("private-reach", PrivateData, true, NOTHING),
    ask("private-access", PrivateData, true, TRAIL),
    ask("private-tampering", PrivateData, true, TRAIL),
    ask("private-in-invocations", PrivateData, false, BODIES),
    ask("agency-ability", Agency, true, NOTHING),
    ask("agency-actions", Agency, true, TRAIL),
    ask("agency-tool-use", Agency, false, BODIES),
    ask("agency-role-abuse", Agency, false, TRAIL),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_distinct_and_every_element_has_required_questions() {
        let ids: BTreeSet<_> = QUESTIONS.iter().map(|question| question.id).collect();
        assert_eq!(ids.len(), 43);
        for element in Element::ALL {
            assert!(QUESTIONS.iter().any(|q| q.element == element && q.required));
        }
    }
}
