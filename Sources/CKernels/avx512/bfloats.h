// Pairs of bf16 as `vdpbf16ps` takes them; the file that includes it has AVX512_BF16.

// a[0], b[0], a[1], b[1], ... of two vectors of bf16 that follow each other.
INLINE vu interleaved(__m512i both) {
    const __m512i order = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1,
        16, 0);
    return (vu)_mm512_permutexvar_epi16(order, both);
}

// Two vectors rounded to bf16, in pairs.
INLINE vu bfloat_pairs(vf first, vf second) {
    return interleaved((__m512i)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first));
}

INLINE vf dot_bfloats(vf sums, vu weights, vu columns) {
    return (vf)_mm512_dpbf16_ps((__m512)sums, (__m512bh)weights, (__m512bh)columns);
}
