//! Shamir's secret sharing as sops splits a data key over key groups: GF(2^8) by 0x11B, the value at 0.

use zeroize::Zeroizing;

/// Joins shares: each the bytes of the points, then one byte that says where they lie. Nothing if the shares are of
/// different lengths, two lie at the same place, one lies at 0, or there are none.
pub(super) fn join(shares: &[Zeroizing<Vec<u8>>]) -> Option<Zeroizing<Vec<u8>>> {
    let shares: Option<Vec<(u8, &[u8])>> =
        shares.iter().map(|share| share.split_last().map(|(x, points)| (*x, points))).collect();
    let shares = shares?;
    let length = shares.first()?.1.len();
    let distinct = shares.iter().enumerate().all(|(i, (x, points))| {
        *x != 0 && points.len() == length && shares.iter().skip(i + 1).all(|(other, _)| other != x)
    });
    if !distinct {
        return None;
    }
    let mut secret = Zeroizing::new(vec![0; length]);
    for (x, points) in &shares {
        let weight = shares
            .iter()
            .filter(|(other, _)| other != x)
            .fold(1, |weight, (other, _)| multiply(weight, multiply(*other, inverse(other ^ x))));
        for (byte, point) in secret.iter_mut().zip(*points) {
            *byte ^= multiply(weight, *point);
        }
    }
    Some(secret)
}

/// Without branches or tables that depend on the operands.
fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    for _ in 0..8 {
        product ^= a & 0_u8.wrapping_sub(b & 1);
        let carry = 0_u8.wrapping_sub(a >> 7);
        a = (a << 1) ^ (carry & 0x1B);
        b >>= 1;
    }
    product
}

/// `a` to the power of 254.
fn inverse(a: u8) -> u8 {
    let mut power = a;
    let mut result = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        result = multiply(result, power);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(x: u8, secret: &[u8], slope: u8) -> Zeroizing<Vec<u8>> {
        let mut share: Vec<u8> = secret.iter().map(|s| s ^ multiply(slope, x)).collect();
        share.push(x);
        Zeroizing::new(share)
    }

    #[test]
    fn every_element_has_its_inverse() {
        assert!((1..=255).all(|a| multiply(a, inverse(a)) == 1));
        assert_eq!(multiply(0x57, 0x83), 0xC1);
    }

    #[test]
    fn any_two_of_three_points_of_a_line_meet_at_zero() {
        let shares = [1, 2, 3].map(|x| share(x, b"secret", 0x9D));
        for (a, b) in [(0, 1), (1, 2), (2, 0)] {
            let joined = join(&[shares[a].clone(), shares[b].clone()]);
            assert_eq!(joined.as_deref().map(Vec::as_slice), Some(b"secret".as_slice()));
        }
    }

    #[test]
    fn shares_that_do_not_belong_together_are_refused() {
        let one = share(1, b"secret", 5);
        assert!(join(&[]).is_none());
        assert!(join(&[one.clone(), one.clone()]).is_none());
        assert!(join(&[one.clone(), share(2, b"other length", 5)]).is_none());
        assert!(join(&[one, share(0, b"secret", 5)]).is_none());
        assert!(join(&[Zeroizing::new(Vec::new())]).is_none());
    }
}
