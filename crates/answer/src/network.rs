//! Whether an address belongs to a declared network.

use std::net::IpAddr;

/// Whether a source address as recorded is inside one of the networks: CIDR blocks, addresses, or
/// `aws` for calls that an AWS service makes.
pub(crate) fn inside(source_ip: Option<&str>, networks: &[String]) -> bool {
    let Some(source) = source_ip else { return false };
    networks.iter().any(|network| {
        if network.eq_ignore_ascii_case("aws") {
            return by_aws(source);
        }
        network == source || in_block(source, network)
    })
}

/// Whether the recorded source is an AWS service rather than an address.
pub(crate) fn by_aws(source: &str) -> bool {
    source.ends_with(".amazonaws.com") || source == "AWS Internal"
}

fn in_block(source: &str, block: &str) -> bool {
    let Some((base, length)) = block.split_once('/') else { return false };
    let (Ok(address), Ok(base), Ok(length)) =
        (source.parse::<IpAddr>(), base.parse::<IpAddr>(), length.parse::<u32>())
    else {
        return false;
    };
    match (address, base) {
        (IpAddr::V4(address), IpAddr::V4(base)) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            u32::from(address) & mask == u32::from(base) & mask
        }
        (IpAddr::V6(address), IpAddr::V6(base)) if length <= 128 => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            u128::from(address) & mask == u128::from(base) & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_matched_as_they_are_declared() {
        let networks = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        for (source, list, expect) in [
            ("192.0.2.9", &["192.0.2.0/24"][..], true),
            ("192.0.3.9", &["192.0.2.0/24"], false),
            ("192.0.2.9", &["192.0.2.9"], true),
            ("10.20.3.4", &["10.20.0.0/15"], true),
            ("2001:db8::1", &["2001:db8::/32"], true),
            ("2001:db9::1", &["2001:db8::/32"], false),
            ("1.2.3.4", &["0.0.0.0/0"], true),
            ("bedrock.amazonaws.com", &["aws"], true),
            ("1.2.3.4", &["aws"], false),
            ("1.2.3.4", &["1.2.3.4/99", "x/y", ""], false),
        ] {
            assert_eq!(inside(Some(source), &networks(list)), expect, "{source} {list:?}");
        }
        assert!(!inside(None, &networks(&["aws"])));
    }
}
